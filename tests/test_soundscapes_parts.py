"""What a corpus is made from: banks, dealing, find_active_part parts, scenes."""

import re

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psl.audio.write import write_clip
from psl.config import PROCEDURAL
from psl.corpora.synthetic.active_part import ACTIVE_DB, find_active_part
from psl.corpora.synthetic.audioset_layout import synthetic_ytid
from psl.corpora.synthetic.bank import FolderBank, Recording
from psl.corpora.synthetic.procedural.bank import ProceduralBank
from psl.corpora.synthetic.scene import MAX_PEAK, SceneEvent, build_scene, weak_labels
from psl.corpora.synthetic.split import assign_parts, source_groups, split_train_eval
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from tests.test_soundscapes import RATE, parameters

SEEDS = st.integers(0, 10_000)


def bank_of(tmp_path, *names):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_clip(tmp_path / name, np.ones(160) / 2, RATE)
    return FolderBank(tmp_path)


def test_names_give_fold_and_source(tmp_path):
    bank = bank_of(tmp_path, "dog_bark/1-187-A.wav", "dog_bark/1-187-B.wav", "mine/some-take.wav", "mine/plain.wav")
    assert bank.vocabulary == Vocabulary(("/m/05tny_", "mine"), ("Bark", "mine"))
    dogs, mine = bank.recordings[:2], bank.recordings[2:]
    assert [(r.fold, r.source) for r in dogs] == [("1", "1-187")] * 2
    assert [(r.fold, r.source) for r in mine] == [(None, "mine/plain"), (None, "mine/some-take")]
    assert bank.read(dogs[0], RATE).shape == (160,)


def test_a_recording_whose_channels_cancel_is_heard(tmp_path):
    x_T = np.linspace(-0.5, 0.5, 160)
    bank = bank_of(tmp_path, "dog_bark/1-187-A.wav")
    soundfile.write(tmp_path / "dog_bark/1-187-A.wav", np.stack([x_T, -x_T], 1), RATE, subtype="FLOAT")
    np.testing.assert_allclose(bank.read(bank.recordings[0], RATE), x_T, atol=1e-6)


def test_a_fold_may_have_two_digits_and_what_no_fold_takes_is_expected(tmp_path, capsys):
    bank = bank_of(tmp_path, "a/10-344-A.wav", "a/10-344-B.wav", "a/2-1-A.wav", "a/3-1-A.wav")
    assert [(r.fold, r.source) for r in bank.recordings[:2]] == [("10", "10-344")] * 2
    split_train_eval(bank, ("10",), ("2",), np.random.default_rng(1))
    assert "1 of 4 recordings of the bank are in none of the folds 10, 2" in "".join(capsys.readouterr())


def test_folders_that_are_no_bank(tmp_path):
    with pytest.raises(PslError, match="is empty: it needs one folder"):
        FolderBank(tmp_path)
    (tmp_path / "rain").mkdir()
    (tmp_path / "rain/notes.txt").touch()
    with pytest.raises(PslError, match=r"rain of the bank has no file of \.flac"):
        FolderBank(tmp_path)
    (tmp_path / "rain/notes.txt").rename(tmp_path / "rain/1.wav")
    (tmp_path / "sneezing").mkdir()
    (tmp_path / "person_sneeze").mkdir()
    for folder in ("sneezing", "person_sneeze"):
        (tmp_path / folder / "1.wav").touch()
    with pytest.raises(PslError, match="more than once"):
        FolderBank(tmp_path)
    (tmp_path / "door, wood").mkdir()
    with pytest.raises(PslError, match=r"door, wood of the bank has .* which the lists cannot hold: rename it"):
        FolderBank(tmp_path)


def test_one_source_cannot_train_and_evaluate(tmp_path):
    bank = bank_of(tmp_path, "a/1.wav", "b/1.wav", "b/2.wav")
    with pytest.raises(
        PslError, match="no recording of a in the training sources: each class needs at least two sources"
    ):
        split_train_eval(bank, (), (), np.random.default_rng(1))


@given(
    st.dictionaries(st.sampled_from("abcde"), st.sets(st.integers(0, 30).map(str), min_size=1), min_size=1),
    st.integers(2, 6),
    SEEDS,
)
def test_deal_gives_each_source_one_part_and_each_class_even_parts(sources, parts, seed):
    part_of = assign_parts({mid: sorted(names) for mid, names in sources.items()}, parts, np.random.default_rng(seed))
    assert part_of.keys() == set().union(*sources.values()) and set(part_of.values()) <= set(range(parts))
    alone = assign_parts(
        {"a": sorted(sources[min(sources)])}, parts, np.random.default_rng(seed), first_part_first=True
    )
    sizes = np.bincount(list(alone.values()), minlength=parts)
    assert sizes.max() - sizes.min() <= 1 and sizes[0] == sizes.max()


@given(SEEDS, st.integers(2, 12))
@settings(max_examples=20)
def test_groups_and_split_share_no_source(seed, groups):
    bank, rng = ProceduralBank(1), np.random.default_rng(seed)
    training, evaluation = split_train_eval(bank, (), (), rng)
    sources = [{r.source for r in group} for group in source_groups(training, groups, rng)]
    assert sum(map(len, sources)) == len(set().union(*sources)) == len(training)
    assert not {r.source for r in evaluation} & set().union(*sources)
    assert len(training) + len(evaluation) == len(bank.recordings)


def test_groups_that_would_be_empty_are_left_out():
    recordings = [Recording("/a", "1", "1", None), Recording("/a", "2", "2", None)]
    assert sorted(map(len, source_groups(recordings, 5, np.random.default_rng(1)))) == [1, 1]


def test_sounding_part_is_found_between_silences():
    x_T = np.zeros(100 * 160, dtype=np.float32)
    x_T[20 * 160 : 30 * 160] = 0.5
    x_T[60 * 160 : 61 * 160] = 0.5 * 10 ** (-(ACTIVE_DB - 1) / 20)
    x_T[80 * 160 : 81 * 160] = 0.5 * 10 ** (-(ACTIVE_DB + 1) / 20)
    part = find_active_part(x_T, RATE, "it")
    assert np.flatnonzero(part.active_W).tolist() == [*range(10), 40]
    np.testing.assert_array_equal(part.x_T, x_T[20 * 160 : 61 * 160])
    with pytest.raises(PslError, match="the recording it of the bank is silent"):
        find_active_part(np.zeros(10, dtype=np.float32), RATE, "it")


@given(st.lists(st.booleans(), min_size=1, max_size=60).filter(any), st.integers(1, 9_000), SEEDS)
@example([True, False, False, False, True, True, True], 640, 0)  # the most sound lies where no whole cut has room
def test_a_cut_begins_and_ends_with_sound(frames, length, seed):
    part = find_active_part(np.repeat(np.array(frames, dtype=np.float32), 160), RATE, "it")
    cut_T = part.excerpt(length, np.random.default_rng(seed))
    assert 0 < len(cut_T) <= length and cut_T[0] and cut_T[-1]
    if length >= 160:
        last_start = max(
            len(part.active_W) - length // 160, 0
        )  # a cut begins where it has room, and with sound; the first frame sounds
        best = max(part.active_W[i : i + length // 160].sum() for i in range(last_start + 1) if part.active_W[i])
        assert 2 * np.count_nonzero(cut_T) >= 160 * best


@given(SEEDS)
@settings(max_examples=25)
def test_scene_holds_its_events_and_never_clips(seed):
    bank = ProceduralBank(1)
    group = {r.mid: [r] for r in bank.recordings[:: len(bank.recordings) // 8]}
    params = parameters(PROCEDURAL, events=(2, 4), snr_db=(0.0, 60.0))
    hum = find_active_part(np.sin(np.arange(RATE, dtype=np.float32)), RATE, "hum")
    x_T, events = build_scene(params, group, lambda recording: hum, np.random.default_rng(seed))
    assert x_T.shape == (2 * RATE,) and np.abs(x_T).max() <= MAX_PEAK + 1e-12
    assert 2 <= len(events) <= 4 and len({event.mid for event in events}) == len(events)
    assert all(0 <= e.onset < e.offset <= 2 * RATE and 0.18 * RATE <= e.offset - e.onset <= 0.5 * RATE for e in events)
    assert events == sorted(events, key=lambda event: event.onset)


def test_event_stands_above_the_noise_by_its_snr():
    params = parameters(PROCEDURAL, events=(1, 1), snr_db=(20.0, 20.0), event_seconds=(0.5, 0.5))
    hum = find_active_part(np.sin(np.arange(RATE, dtype=np.float32)), RATE, "hum")
    group = {"/a": [Recording("/a", "a", "a", None)]}
    x_T, (event,) = build_scene(params, group, lambda recording: hum, np.random.default_rng(3))
    inside = np.mean(x_T[event.onset : event.offset] ** 2)
    outside = np.mean(np.delete(x_T, slice(event.onset, event.offset)) ** 2)
    assert 10 * np.log10(inside / outside) == pytest.approx(20, abs=2)
    assert abs(x_T[event.onset]) < 0.1 * np.sqrt(inside)  # faded in


@given(st.integers(1, 4), st.floats(0, 1), SEEDS)
def test_weak_labels_are_a_part_of_the_truth_and_never_none(count, missing_label_rate, seed):
    events = [SceneEvent(i, i + 1, f"/{i}", "") for i in range(count)]
    labels = weak_labels(events, missing_label_rate, np.random.default_rng(seed))
    assert labels and labels == sorted(labels) and set(labels) <= {event.mid for event in events}
    assert len(weak_labels(events, 0.0, np.random.default_rng(seed))) == count
    assert len(weak_labels(events, 1.0, np.random.default_rng(seed))) == 1


def test_names_look_like_youtubes_and_are_unique():
    names = [synthetic_ytid(1, number, clip) for number in range(3) for clip in range(2_000)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{11}", name) for name in names) and len(set(names)) == len(names)
    assert any(name.startswith("-") for name in names) and synthetic_ytid(1, 0, 0) == names[0] != synthetic_ytid(
        2, 0, 0
    )
