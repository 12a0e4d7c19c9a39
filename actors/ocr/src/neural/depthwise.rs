//! Depthwise convolution: each channel with a small kernel of its own. The networks that read text consist of it in good
//! part, and this computes it with the widest registers of the processor, a row at a time.

use rayon::prelude::*;
use rten_simd::{Isa, SimdOp};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

/// A depthwise convolution with its weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Depthwise {
    /// `[channels, height, width]`.
    weights: Vec<f32>,
    bias: Vec<f32>,
    /// Height and width of the kernels.
    kernel: (usize, usize),
    /// Steps down and to the right.
    strides: [usize; 2],
    /// Zeros around the image: above, left, below, right.
    pads: [usize; 4],
}

impl Depthwise {
    /// `None` if the sizes don't fit together.
    pub(super) fn new(
        weights: Vec<f32>,
        bias: Vec<f32>,
        kernel: (usize, usize),
        strides: [usize; 2],
        pads: [usize; 4],
    ) -> Option<Self> {
        let fits =
            weights.len() == bias.len() * kernel.0 * kernel.1 && kernel.0 > 0 && kernel.1 > 0 && !strides.contains(&0);
        fits.then_some(Self { weights, bias, kernel, strides, pads })
    }

    /// Applies it to `[1, channels, height, width]`, on the threads of the pool that it is called in; `None` if that has
    /// another shape.
    pub(super) fn apply(&self, input: &NdTensor<f32, 4>) -> Option<NdTensor<f32, 4>> {
        let [batch, channels, height, width] = input.shape();
        let out_height = (height + self.pads[0] + self.pads[2]).checked_sub(self.kernel.0)? / self.strides[0] + 1;
        let out_width = (width + self.pads[1] + self.pads[3]).checked_sub(self.kernel.1)? / self.strides[1] + 1;
        let input = input.data().filter(|_| batch == 1 && channels == self.bias.len() && height * width > 0)?;
        let mut output = vec![0.0; channels * out_height * out_width];
        let planes = output.par_chunks_exact_mut(out_height * out_width).zip(input.par_chunks_exact(height * width));
        let kernels = self.weights.par_chunks_exact(self.kernel.0 * self.kernel.1).zip(&self.bias);
        planes.zip(kernels).for_each(|((output, input), (weights, bias))| {
            Plane { of: self, input, width, output, out_width, weights, bias: *bias }.dispatch();
        });
        Some(NdTensor::from_data([1, channels, out_height, out_width], output))
    }
}

/// One channel.
struct Plane<'a> {
    of: &'a Depthwise,
    input: &'a [f32],
    width: usize,
    output: &'a mut [f32],
    out_width: usize,
    weights: &'a [f32],
    bias: f32,
}

impl SimdOp for Plane<'_> {
    type Output = ();

    /// Plain loops: compiled once for each instruction set, the compiler makes them wide.
    #[inline(always)]
    #[allow(clippy::inline_always)] // What is not inlined is compiled for the least instruction set.
    fn eval<I: Isa>(self, _: I) {
        let Depthwise { kernel, strides, pads, .. } = self.of;
        let [stride_down, stride_right] = *strides;
        let height = self.input.len() / self.width;
        // Rows with their padding, so that no edge is special.
        let padded_width = (self.width + pads[1] + pads[3]).max((self.out_width - 1) * stride_right + kernel.1);
        let mut padded = vec![0.0; (height + pads[0] + pads[2]) * padded_width];
        let rows = padded.chunks_exact_mut(padded_width).skip(pads[0]);
        for (row, from) in rows.zip(self.input.chunks_exact(self.width)) {
            row[pads[1]..pads[1] + self.width].copy_from_slice(from);
        }
        let mut every_other = Vec::new();
        for (y, out) in self.output.chunks_exact_mut(self.out_width).enumerate() {
            let rows = &padded[y * stride_down * padded_width..][..kernel.0 * padded_width];
            if (*kernel, stride_right) == ((3, 3), 1) {
                three_by_three(out, rows, padded_width, self.weights, self.bias);
                continue;
            }
            out.fill(self.bias);
            for (row, weights) in rows.chunks_exact(padded_width).zip(self.weights.chunks_exact(kernel.1)) {
                for (x, &weight) in weights.iter().enumerate() {
                    if stride_right == 1 {
                        add_scaled(out, &row[x..x + self.out_width], weight);
                    } else {
                        every_other.clear();
                        every_other.extend(row[x..].iter().step_by(stride_right).take(self.out_width));
                        add_scaled(out, &every_other, weight);
                    }
                }
            }
        }
    }
}

/// A row of the most common kernel in one go: each value is read once.
#[inline(always)]
#[allow(clippy::inline_always)] // As above.
fn three_by_three(out: &mut [f32], rows: &[f32], width: usize, weights: &[f32], bias: f32) {
    let n = out.len();
    let &[a, b, c, d, e, f, g, h, i] = weights else { return };
    let row = |y: usize, x: usize| &rows[y * width + x..][..n];
    let (upper, middle, lower) =
        ([row(0, 0), row(0, 1), row(0, 2)], [row(1, 0), row(1, 1), row(1, 2)], [row(2, 0), row(2, 1), row(2, 2)]);
    for x in 0..n {
        let first = upper[0][x] * a + upper[1][x] * b + upper[2][x] * c;
        let second = middle[0][x] * d + middle[1][x] * e + middle[2][x] * f;
        let third = lower[0][x] * g + lower[1][x] * h + lower[2][x] * i;
        out[x] = bias + first + second + third;
    }
}

/// Adds one column of the kernel to a row.
#[inline(always)]
#[allow(clippy::inline_always)] // As above.
fn add_scaled(out: &mut [f32], row: &[f32], weight: f32) {
    for (out, value) in out.iter_mut().zip(row) {
        *out += value * weight;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, value by value.
    fn slow(of: &Depthwise, input: &NdTensor<f32, 4>, shape: [usize; 4]) -> Vec<f32> {
        let [_, channels, height, width] = input.shape();
        let at = |c: usize, y: Option<usize>, x: Option<usize>| match (y, x) {
            (Some(y), Some(x)) if y < height && x < width => input[[0, c, y, x]],
            _ => 0.0,
        };
        let mut out = Vec::new();
        for c in 0..channels {
            for y in 0..shape[2] {
                for x in 0..shape[3] {
                    let mut sum = of.bias[c];
                    for ky in 0..of.kernel.0 {
                        for kx in 0..of.kernel.1 {
                            let (y, x) = (y * of.strides[0] + ky, x * of.strides[1] + kx);
                            let weight = of.weights[(c * of.kernel.0 + ky) * of.kernel.1 + kx];
                            sum += weight * at(c, y.checked_sub(of.pads[0]), x.checked_sub(of.pads[1]));
                        }
                    }
                    out.push(sum);
                }
            }
        }
        out
    }

    proptest! {
        #[test]
        fn is_what_the_definition_says(
            size in (1_usize..4, 1_usize..9, 1_usize..40),
            kernel in (1_usize..6, 1_usize..6),
            strides in prop::array::uniform2(1_usize..3),
            pads in prop::array::uniform4(0_usize..3),
            values in prop::collection::vec(-1.0_f32..1.0, 3 * 9 * 40 + 100),
        ) {
            let (channels, height, width) = size;
            let (weights, rest) = values.split_at(channels * kernel.0 * kernel.1);
            let bias = rest[..channels].to_vec();
            let input: Vec<f32> = values.iter().rev().copied().take(channels * height * width).collect();
            let input = NdTensor::from_data([1, channels, height, width], input);
            if let Some(depthwise) = Depthwise::new(weights.to_vec(), bias, kernel, strides, pads) {
                if let Some(output) = depthwise.apply(&input) {
                    let expected = slow(&depthwise, &input, output.shape());
                    let close = output.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4);
                    prop_assert!(close && output.len() == expected.len());
                } else {
                    prop_assert!(height + pads[0] + pads[2] < kernel.0 || width + pads[1] + pads[3] < kernel.1);
                }
            }
        }
    }
}
