//! The conversion services of this daemon.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use d2d_config::Config;
use d2d_worker::{Converter, Refusal};
use serde_json::Value;

use crate::ConversionService;
use crate::services::Ocr;

/// The one place where conversion services are registered.
pub const SERVICES: &[Registration] = &[Registration::of::<Ocr>("ocr")];

/// A name and how to make what it stands for, in the daemon and in a worker process.
#[derive(Debug, Clone, Copy)]
pub struct Registration {
    /// The name that clients register tasks with.
    pub name: &'static str,
    service: fn(&Config) -> Arc<dyn ConversionService>,
    converter: fn(Value) -> Result<Box<dyn Converter>, Refusal>,
}

impl Registration {
    /// The registration of the service `S`.
    #[must_use]
    pub const fn of<S: ConversionService>(name: &'static str) -> Self {
        Self { name, service: |config| Arc::new(S::new(config)), converter: S::converter }
    }

    /// The converter of a worker process.
    ///
    /// # Errors
    /// Why the process can't work.
    pub fn converter(&self, settings: Value) -> Result<Box<dyn Converter>, Refusal> {
        (self.converter)(settings)
    }
}

/// The conversion services of a running system, by name. Cheap to clone.
#[derive(Clone, Default)]
pub struct Registry {
    services: Arc<BTreeMap<String, Arc<dyn ConversionService>>>,
}

impl Registry {
    /// These services, with the daemon's settings.
    #[must_use]
    pub fn of(services: &[Registration], config: &Config) -> Self {
        services.iter().fold(Self::default(), |registry, registration| registry.with((registration.service)(config)))
    }

    /// This registry with one more service, by the name in its [`d2d_api::ServiceInfo`].
    #[must_use]
    pub fn with(&self, service: Arc<dyn ConversionService>) -> Self {
        let mut services = (*self.services).clone();
        services.insert(service.info().name.clone(), service);
        Self { services: Arc::new(services) }
    }

    /// The service of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn ConversionService>> {
        self.services.get(name)
    }

    /// All services, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn ConversionService>> {
        self.services.values()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.services.keys()).finish()
    }
}
