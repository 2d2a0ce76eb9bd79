"""DESED: the lists of its validation set, and the public evaluation set (https://zenodo.org/record/3588172).

The audio of the validation set is from YouTube; its authors give it out on request.
"""

from psl.corpora.download.sources import archive, plain_files

TASK_URL = "https://raw.githubusercontent.com/DCASE-REPO/DESED_task/"
LISTS_COMMIT = "3e635558bab3cbd8b82e171611d5e46d1f438d97"
DURATIONS_COMMIT = "c8990debc724cb622fe55245fbfdbbb899f8e503"
EVALUATION_URL = "https://zenodo.org/record/3588172/files/"

PIECES = (
    *plain_files(
        "lists",
        TASK_URL,
        {
            f"{LISTS_COMMIT}/PSDS_Eval/meta/validation.tsv": "a5f66487feaea5c5d8f028bf1ef5bd41",
            f"{DURATIONS_COMMIT}/PSDS_Eval/meta/validation_durations.tsv": "c2a098d1e76c2473a48a7f069828ad7c",
        },
    ),
    archive("DESEDpublic_eval", EVALUATION_URL, {"DESEDpublic_eval.tar.gz": None}),
)
