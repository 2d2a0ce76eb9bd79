"""Kinds of annotators, one file each, named by `annotate.annotator` in params.yaml.

Each has `opener(params, data)`: something small and picklable that, called in whatever process, gives the annotator
(psl.annotators.inference.annotator). `data` is the folder of what the stages before it wrote.
"""
