"""The stage evaluate_annotator: who labels the windows, on the evaluation clips of the corpus."""

from psl.config import ANNOTATOR, Params
from psl.io.features.store import FeatureStore
from psl.runtime.progress import log
from tasks.evaluate import Scores, evaluation_clips, n_train_clips, windowing_of, write_evaluation
from tasks.labelling import clip_labels, highest_labels
from tasks.stage import ANNOTATORS, METADATA, run


def work(params: Params) -> None:
    """Write what evaluate writes, of the key annotator."""
    store, _ = evaluation_clips(params.corpus)
    write_evaluation(ANNOTATOR, params.corpus, params.evaluate, store, scores=annotator_scores(params, store))


def annotator_scores(params: Params, store: FeatureStore) -> Scores:
    """Of the annotator, or of an ensemble of them, and which classes it does not have."""
    from psl.annotators.inference.network.saved_model import SavedModel  # torch: see tasks/stage.py
    from psl.annotators.open_members import open_members
    from psl.evaluation.costs import multiply_adds_per_second

    settings, metadata = params.evaluate, METADATA / params.corpus
    members = open_members(params.annotate.annotator, params.annotator_ensembles, ANNOTATORS, settings.device)
    scores = clip_labels(members, store, metadata, settings.inference_batch_size)
    highest = highest_labels(
        members, store, metadata, windowing_of(settings), inference_batch_size=settings.inference_batch_size
    )
    if members.unmatched:
        names = ", ".join(members.vocabulary.names[number] for number in members.unmatched)
        log(f"{members.name} has no score for {len(members.unmatched)} of {len(members.vocabulary)} classes: {names}")
    first, *others = (member.annotator for member in members.members)
    n_clips = n_train_clips(first) if isinstance(first, SavedModel) and not others else None
    counted = [multiply_adds_per_second(member.annotator) for member in members.members]
    costs = {
        "n_parameters": members.n_parameters,
        "n_bytes": members.n_bytes,
        "multiply_adds_per_second": None if None in counted else sum(filter(None, counted)),
    }
    return Scores({members.seed: scores}, {members.seed: highest}, n_clips, members.unmatched, costs)


if __name__ == "__main__":
    run("evaluate_annotator", work)
