"""DESED: the lists of its validation set, and the public evaluation set with its audio (https://zenodo.org/record/3588172).

The audio of the validation set is YouTube's, and its makers hand it out on request.
"""

from psl.fetching.sources import archive, lists

TASK_URL = "https://raw.githubusercontent.com/DCASE-REPO/DESED_task/"
EVALUATION_URL = "https://zenodo.org/record/3588172/files/"

PIECES = (
    *lists(
        "lists",
        TASK_URL,
        {
            "3e635558bab3cbd8b82e171611d5e46d1f438d97/PSDS_Eval/meta/validation.tsv": "a5f66487feaea5c5d8f028bf1ef5bd41",
            "c8990debc724cb622fe55245fbfdbbb899f8e503/PSDS_Eval/meta/validation_durations.tsv": "c2a098d1e76c2473a48a7f069828ad7c",
        },
    ),
    archive("DESEDpublic_eval", EVALUATION_URL, {"DESEDpublic_eval.tar.gz": None}),
)
