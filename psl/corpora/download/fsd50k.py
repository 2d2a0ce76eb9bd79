"""FSD50K: https://zenodo.org/record/4060432, 24 GB in split zip archives."""

from psl.corpora.download.sources import archive

BASE_URL = "https://zenodo.org/record/4060432/files/"

PIECES = (
    archive("FSD50K.ground_truth", BASE_URL, {"FSD50K.ground_truth.zip": "ca27382c195e37d2269c4c866dd73485"}),
    archive("FSD50K.metadata", BASE_URL, {"FSD50K.metadata.zip": "b9ea0c829a411c1d42adb9da539ed237"}),
    archive("FSD50K.doc", BASE_URL, {"FSD50K.doc.zip": "3516162b82dc2945d3e7feba0904e800"}),
    archive(
        "FSD50K.eval_audio",
        BASE_URL,
        {
            "FSD50K.eval_audio.z01": "3090670eaeecc013ca1ff84fe4442aeb",
            "FSD50K.eval_audio.zip": "6fa47636c3a3ad5c7dfeba99f2637982",
        },
    ),
    archive(
        "FSD50K.dev_audio",
        BASE_URL,
        {
            "FSD50K.dev_audio.z01": "faa7cf4cc076fc34a44a479a5ed862a3",
            "FSD50K.dev_audio.z02": "8f9b66153e68571164fb1315d00bc7bc",
            "FSD50K.dev_audio.z03": "1196ef47d267a993d30fa98af54b7159",
            "FSD50K.dev_audio.z04": "d088ac4e11ba53daf9f7574c11cccac9",
            "FSD50K.dev_audio.z05": "81356521aa159accd3c35de22da28c7f",
            "FSD50K.dev_audio.zip": "c480d119b8f7a7e32fdb58f3ea4d6c5a",
        },
    ),
)
