"""Keeps the fuzzer from removing the account that it works with, and tells it how tus sends bytes."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    return not path_parameters or path_parameters.get("name") not in ("root", "anna")
