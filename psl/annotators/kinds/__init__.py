"""Kinds of annotators, one file each, named by `annotators.KEY.kind` in params.yaml.

Each has `files(source, stated)`: the files of the model at the path `source` that decide its labels; `stated` are
fields of psl.config.contract.Contract. Those that take the features of this pipeline have
`open_annotator(source, front_end_hash, device)`, which gives a psl.annotators.inference.annotator.Annotator, and
`licence(annotator)`. All others take audio, and have what psl.annotators.foreign needs:

- `said(source, stated)`: the fields of the contract that the model itself says,
- `class_list(source)`: its own classes, or None,
- `open_model(source, contract, device)`: a psl.annotators.model.Model.
- `LIBRARIES`, if it has any: the packages whose versions may change labels.
"""
