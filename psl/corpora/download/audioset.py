"""AudioSet's lists, weak and strong, and its ontology: https://research.google.com/audioset/download.html.

The audio is on YouTube, see youtube.py.
"""

from psl.corpora.download.sources import plain_files

BASE_URL = "http://storage.googleapis.com/us_audioset/youtube_corpus/"
ONTOLOGY_URL = "https://raw.githubusercontent.com/audioset/ontology/master/"

# The checksums are of copies in use; Google publishes none. The list of two million clips has no known copy.
PIECES = (
    *plain_files(
        "lists",
        BASE_URL,
        {
            "v1/csv/class_labels_indices.csv": "68c0b5c199d6cc789852b144cc3ab500",
            "v1/csv/balanced_train_segments.csv": "0ec13c62ec25d1148b9bf3390dee8bd7",
            "v1/csv/eval_segments.csv": "85e796902a4e6a0898980a55f86b55f3",
            "v1/csv/unbalanced_train_segments.csv": None,
            "strong/audioset_train_strong.tsv": None,
            "strong/audioset_eval_strong.tsv": None,
            "strong/mid_to_display_name.tsv": "c75c2f8fe7fd10fd2c0d766ee91477e9",
        },
    ),
    *plain_files("lists", ONTOLOGY_URL, {"ontology.json": "4880cd66e698acc00c5ee0757e23b993"}),
)
