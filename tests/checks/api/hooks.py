"""Keeps the fuzzer from removing the account that it works with."""

import schemathesis


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    return not path_parameters or path_parameters.get("name") not in ("root", "ada")
