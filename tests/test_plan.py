"""The planner goes by preference and by the judge, and by nothing else."""

import datetime as dt
import random
import zlib
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slidebox.errors import InputError, UnreadableError
from slidebox.model import Audience, Candidate, Finding, Lab, LabFile, Plan, Severity, System, Term
from slidebox.plan import Chosen, make_plan, readers_of
from slidebox.systems import load_systems

NOW = dt.date(2026, 11, 24)

STORES: dict[str, dict[str, object]] = {
    "bench-s3": {"system": "internal_drive", "kind": "s3", "over": "bench"},
    "bench": {"system": "internal_drive", "kind": "drive", "path": "/mnt/bench"},
    "shelf": {"system": "external_drive"},
    "bucket": {"system": "cloud"},
    "idr": {"system": "idr"},
    "figshare": {"system": "figshare"},
    "zenodo": {"system": "zenodo"},
    "github": {"system": "github"},
    "lfs": {"system": "github_lfs"},
    "dropbox": {"system": "dropbox"},
    "bandicoot": {"system": "local_cluster"},
    "deletion": {"system": "deletion"},
}
RAW = {"size": "2 TB", "files": 1000, "sensitivity": "open"}


class Rules:
    """A judge for tests: refuses what it is told to refuse, and wants copies of what it is told to keep twice."""

    def __init__(
        self, refused: Sequence[str] = (), twice: Sequence[tuple[str, Term]] = (), warned: Sequence[str] = ()
    ) -> None:
        self.refused, self.twice, self.warned = set(refused), set(twice), set(warned)
        self.asked: list[str] = []
        self.questions = 0
        self.domains = {"bench-s3": "bench"}

    def candidates(self, candidates: list[Candidate]) -> Mapping[str, tuple[Finding, ...]]:
        """Refuses stores by name, or candidates by id."""
        self.questions += 1
        self.asked += [candidate.id for candidate in candidates]
        return {candidate.id: self._about(candidate) for candidate in candidates}

    def _about(self, candidate: Candidate) -> tuple[Finding, ...]:
        names = {candidate.store, candidate.id}
        findings = []
        if names & self.refused:
            findings.append(Finding("test/refused", Severity.ERROR, candidate.id, f"{candidate.store} is out"))
        if names & self.warned:
            findings.append(Finding("test/warned", Severity.WARNING, candidate.id, f"{candidate.store} is slow"))
        return tuple(findings)

    def chosen(self, chosen: list[Chosen]) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
        """Wants two copies in two failure domains of what is kept twice."""
        self.questions += 1
        said: dict[tuple[str, Term], tuple[Finding, ...]] = {}
        for dataset, term, candidates in chosen:
            domains = {self.domains.get(c.store, c.store) for c in candidates}
            alone = (dataset, term) in self.twice and len(domains) < 2
            finding = Finding("test/copies", Severity.ERROR, dataset, "two copies are needed", wants="another_copy")
            said[dataset, term] = (finding,) if alone else ()
        return said


def a_lab(
    projects: Mapping[str, Mapping[str, Mapping[str, object]]] | None = None,
    stores: Mapping[str, Mapping[str, object]] | None = None,
    project: Mapping[str, object] | None = None,
    playbook: Mapping[str, object] | None = None,
) -> Lab:
    """A lab with some projects of datasets by level."""
    return Lab.model_validate(
        {
            "file": {
                "lab": "test-lab",
                "title": "Test lab",
                "people": {
                    "ann": {"name": "Ann"},
                    "bob": {"name": "Bob"},
                    "cid": {"name": "Cid", "left": "2026-11-24"},
                },
                "teams": {"imaging": {"members": ["ann"]}},
                "stores": stores if stores is not None else STORES,
                "playbook": playbook or {},
            },
            "projects": {
                name: {
                    "project": name,
                    "title": name,
                    "owner": "ann",
                    "audience": {"contributor": ["imaging"], "reader": ["bob", "cid"]},
                    "datasets": datasets,
                    **(project or {}),
                }
                for name, datasets in (projects or {"nf1": {"raw_images": RAW}}).items()
            },
        }
    )


def plan(lab: Lab, judge: Rules | None = None, *, explain: bool = False, projects: Sequence[str] | None = None) -> Plan:
    """The plan of a lab."""
    systems = load_systems(lab.file.playbook)
    return make_plan(lab, systems, judge or Rules(), now=NOW, explain=explain, projects=projects)


def stores(plan: Plan, dataset: str = "nf1/raw_images") -> list[list[str]]:
    """The stores chosen, by term."""
    return [[p.candidate.store for p in plan.of(dataset, term).placements] for term in Term]


def test_the_first_choice_of_figure_1_is_taken() -> None:
    """Raw images: Dropbox, then the internal drive, then the external drive."""
    assert stores(plan(a_lab())) == [["dropbox"], ["bench-s3"], ["shelf"]]


def test_stores_of_one_system_are_taken_in_the_labs_order() -> None:
    """The store that is declared first comes first."""
    turned = {"bench": STORES["bench"], **{n: s for n, s in STORES.items() if n != "bench"}}
    assert stores(plan(a_lab(stores=turned))) == [["dropbox"], ["bench"], ["shelf"]]


def test_the_labs_preference_comes_before_the_playbooks() -> None:
    """And the reason says whose it is."""
    made = plan(a_lab(playbook={"preferences": {"raw_images": {"short": ["local_cluster"]}}}))
    assert stores(made) == [["bandicoot"], ["bench-s3"], ["shelf"]]
    actual = [made.of("nf1/raw_images", term).placements[0].why for term in (Term.SHORT, Term.MID)]
    expected = [
        "first choice of the lab for raw images in the short term",
        "first choice of the playbook for raw images in the mid term",
    ]
    assert expected == actual


def test_what_is_refused_is_passed_over_with_the_rules_own_message() -> None:
    """The next choice is tried, and the reason names the rule."""
    made = plan(a_lab(), Rules(refused=["dropbox"])).of("nf1/raw_images", Term.SHORT)
    assert [p.candidate.store for p in made.placements] == ["bucket"]
    assert [(r.candidate.store, r.reason, r.rule) for r in made.rejections] == [
        ("dropbox", "dropbox is out", "test/refused")
    ]
    expected = "second choice of the playbook for raw images in the short term (test/refused refuses dropbox)"
    assert expected == made.placements[0].why


def test_when_no_preferred_store_is_allowed_the_rest_follow_in_the_order_of_table_1() -> None:
    """Raw images for the short term: neither Dropbox nor cloud; the internal drive is the first row."""
    made = plan(a_lab(), Rules(refused=["dropbox", "bucket"]))
    assert stores(made)[0] == ["bench-s3"]
    why = made.of("nf1/raw_images", Term.SHORT).placements[0].why
    expected = (
        "next in Table 1: no choice of the playbook for raw images in the short term "
        "(test/refused refuses dropbox, bucket)"
    )
    assert expected == why


def test_a_system_the_lab_does_not_have_is_said() -> None:
    """The reason names the missing choice."""
    without = {name: store for name, store in STORES.items() if name != "dropbox"}
    why = plan(a_lab(stores=without)).of("nf1/raw_images", Term.SHORT).placements[0].why
    assert why.endswith("(the lab has no Dropbox)")


def test_when_nothing_is_allowed_there_is_no_placement_and_the_findings_say_why() -> None:
    """Every refusal is kept, in order of preference."""
    made = plan(a_lab(), Rules(refused=list(STORES))).of("nf1/raw_images", Term.LONG)
    assert made.placements == ()
    assert [f.message for f in made.findings[:3]] == ["shelf is out", "idr is out", "bench-s3 is out"]
    assert len(made.findings) == len(STORES) - 1  # data that are kept do not fall back to deletion


def test_a_lab_without_any_store_for_kept_data_is_told_so() -> None:
    """Deletion alone is no place."""
    made = plan(a_lab(stores={"deletion": STORES["deletion"]})).of("nf1/raw_images", Term.SHORT)
    assert [f.message for f in made.findings] == ["the lab has no store for raw images in the short term."]
    assert made.findings[0].severity is Severity.ERROR


def test_another_copy_goes_into_another_failure_domain() -> None:
    """The gateway over the bench and the bench itself fail together: the second copy goes to the shelf."""
    made = plan(a_lab(), Rules(twice=[("nf1/raw_images", Term.MID)]))
    assert stores(made) == [["dropbox"], ["bench-s3", "shelf"], ["shelf"]]
    entry = made.of("nf1/raw_images", Term.MID)
    assert ([p.copy for p in entry.placements], entry.findings) == ([1, 2], ())
    assert entry.placements[1].why.startswith("copy 2, since two copies are needed; second choice of")


def test_another_copy_passes_over_refused_stores() -> None:
    """The next allowed one of another domain is taken."""
    made = plan(a_lab(), Rules(refused=["shelf", "idr"], twice=[("nf1/raw_images", Term.MID)]))
    assert stores(made)[1] == ["bench-s3", "bucket"]


def test_a_copy_that_cannot_be_had_stays_a_finding() -> None:
    """The placement that there is stays, and so does the rule's message."""
    made = plan(
        a_lab(stores={n: STORES[n] for n in ("bench-s3", "bench", "deletion")}),
        Rules(twice=[("nf1/raw_images", Term.MID)]),
    ).of("nf1/raw_images", Term.MID)
    assert [p.candidate.store for p in made.placements] == ["bench-s3"]
    assert [f.message for f in made.findings] == ["two copies are needed"]


def test_streamed_data_go_to_deletion_in_every_term() -> None:
    """They are read from their public source."""
    streamed = {**RAW, "origin": "public", "source": "idr0013", "keep": "stream"}
    made = plan(a_lab({"mitocheck": {"raw_images": streamed}}))
    assert stores(made, "mitocheck/raw_images") == [["deletion"]] * 3
    placement = made.of("mitocheck/raw_images", Term.LONG).placements[0]
    assert placement.why == "streamed from idr0013: read piece by piece, and no piece is kept"
    assert (
        placement.readers,
        placement.cost.monthly,
        made.horizon_cost["mitocheck/raw_images"],
    ) == ((), 0.0, (0.0, 0.0))


def test_streamed_data_that_may_not_be_deleted_are_kept() -> None:
    """The rules have the last word."""
    made = plan(a_lab({"p": {"raw_images": {**RAW, "keep": "stream"}}}), Rules(refused=["deletion"]))
    assert stores(made, "p/raw_images") == [["dropbox"], ["bench-s3"], ["shelf"]]


def test_readers_are_the_audience_and_anyone_where_data_are_public() -> None:
    """Who has left does not read; a public repository is read by anyone."""
    lab = a_lab({"nf1": {"segmentation_masks": {"size": "1 GB", "files": 10, "sensitivity": "open"}}})
    made = plan(lab)
    actual = [made.of("nf1/segmentation_masks", term).placements[0].readers for term in Term]
    assert actual == [("person:bob", "team:imaging")] * 2 + [("anyone", "person:bob", "team:imaging")]


def test_data_declared_public_are_read_by_anyone_where_slidebox_opens_them() -> None:
    """From the term on that the project says; not on a private store that is made by hand (the shelf)."""
    made = plan(a_lab(project={"public_from": "mid"}))
    assert ["anyone" in made.of("nf1/raw_images", t).placements[0].readers for t in Term] == [False, True, False]


def test_a_warning_does_not_refuse_and_is_kept() -> None:
    """The chosen place's warnings are findings of the term."""
    made = plan(a_lab(), Rules(warned=["dropbox"])).of("nf1/raw_images", Term.SHORT)
    assert [p.candidate.store for p in made.placements] == ["dropbox"]
    assert [f.message for f in made.findings] == ["dropbox is slow"]


def test_an_explanation_gives_a_reason_for_every_store_that_was_not_chosen() -> None:
    """A rule's own message, or what comes before it."""
    judge = Rules(refused=["idr", "github"], twice=[("nf1/raw_images", Term.MID)])
    made = plan(a_lab(), judge, explain=True)
    for term in Term:
        entry = made.of("nf1/raw_images", term)
        named = [p.candidate.store for p in entry.placements] + [r.candidate.store for r in entry.rejections]
        assert sorted(STORES) == sorted(named)
    reasons = {r.candidate.store: r.reason for r in made.of("nf1/raw_images", Term.MID).rejections}
    assert reasons["zenodo"] == "allowed, but bench-s3 is preferred by the playbook for raw images in the mid term"
    assert reasons["bench"] == "allowed, but it fails together with bench-s3 and would be no copy of its own"
    assert reasons["github"] == "github is out"
    assert reasons["deletion"] == "the lab keeps these data (keep: copy); deletion keeps nothing"


def test_an_explanation_changes_no_choice() -> None:
    """It only adds reasons."""
    judge = {"refused": ["dropbox"], "twice": [("nf1/raw_images", Term.MID)]}
    short, long = plan(a_lab(), Rules(**judge)), plan(a_lab(), Rules(**judge), explain=True)  # type: ignore[arg-type]
    assert [t.placements for t in short.terms] == [t.placements for t in long.terms]
    assert short.horizon_cost == long.horizon_cost


def test_a_large_lab_needs_few_questions() -> None:
    """One question for all first choices, one for the sets: not one for each dataset."""
    judge = Rules()
    made = plan(a_lab({f"p{n}": {"raw_images": RAW} for n in range(50)}), judge)
    assert (len(made.terms), judge.questions) == (150, 2)
    assert len(judge.asked) == 150


def test_an_unanswered_question_is_an_error() -> None:
    """Silence is never consent."""

    class Silent(Rules):
        def candidates(self, candidates: list[Candidate]) -> Mapping[str, tuple[Finding, ...]]:
            return {}

    with pytest.raises(UnreadableError, match="no answer about nf1/raw_images@short@dropbox"):
        plan(a_lab(), Silent())


def test_an_unknown_project_is_named_with_the_nearest() -> None:
    """A typing error is met with a suggestion."""
    with pytest.raises(InputError, match=r"there is no project 'nf2'. Did you mean nf1\?"):
        plan(a_lab(), projects=["nf2"])


def test_only_the_projects_asked_for_are_planned() -> None:
    """Others are left out."""
    lab = a_lab({name: {"raw_images": RAW} for name in ("a", "b", "c")})
    assert {"b/raw_images", "c/raw_images"} == {t.dataset for t in plan(lab, projects=["c", "b"]).terms}


def test_a_free_allowance_is_shared_by_the_datasets_of_a_store() -> None:
    """LFS: 6 GiB are free, and of the next 6 GiB only 4."""
    data = {"bulk_embeddings": {"size": "6 GiB", "files": 10, "sensitivity": "open"}}
    lab = a_lab({"a": data, "b": data}, playbook={"preferences": {"bulk_embeddings": {"short": ["github_lfs"]}}})
    made = plan(lab)
    assert [made.of(f"{p}/bulk_embeddings", Term.SHORT).placements[0].cost.monthly for p in "ab"] == [0.0, 0.14]


def test_the_horizon_starts_at_the_current_term_and_counts_all_copies() -> None:
    """Resting 2 TB on two drives ($15 a TB each), staying on one of them for good."""
    lab = a_lab(project={"activity": "resting"})
    made = plan(lab, Rules(twice=[("nf1/raw_images", Term.MID)]))
    assert made.horizon_cost == {"nf1/raw_images": (60.0, 60.0)}


LEVELS = ["raw_images", "segmentation_masks", "bulk_embeddings", "metadata"]


@st.composite
def labs(draw: st.DrawFn) -> Lab:
    """Labs of a few projects and levels."""
    sizes = st.sampled_from(["1 GB", "30 GB", "2 TB"])
    projects = {
        f"p{number}": {
            level: {
                "size": draw(sizes),
                "files": 10,
                "sensitivity": draw(st.sampled_from(["open", "coded"])),
                "keep": draw(st.sampled_from(["copy", "stream"])),
                "activity": draw(st.sampled_from(["active", "resting", "finished"])),
            }
            for level in draw(st.lists(st.sampled_from(LEVELS), min_size=1, unique=True))
        }
        for number in range(draw(st.integers(1, 4)))
    }
    return a_lab(projects)


class Random(Rules):
    """A judge that refuses by the toss of a coin, the same for the same candidate."""

    def __init__(self, seed: int, share: float, twice: float) -> None:
        super().__init__()
        self.seed, self.share, self.copies = seed, share, twice

    def toss(self, text: str) -> float:
        """A number from 0 to 1, always the same for the same text."""
        return zlib.crc32(f"{self.seed}{text}".encode()) / 2**32

    def refuses(self, candidate: Candidate) -> bool:
        """Whether it refuses a candidate."""
        return self.toss(candidate.id) < self.share

    def _about(self, candidate: Candidate) -> tuple[Finding, ...]:
        refusal = Finding("test/coin", Severity.ERROR, candidate.id, f"{candidate.store} lost")
        return (refusal,) if self.refuses(candidate) else ()

    def chosen(self, chosen: list[Chosen]) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
        """Wants two copies of what the coin says."""
        self.twice = {(d, t) for d, t, _ in chosen if self.toss(f"{d}{t}") < self.copies}
        return super().chosen(chosen)


judges = st.builds(Random, st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))


@settings(max_examples=60, deadline=None)
@given(lab=labs(), judge=judges, explain=st.booleans())
def test_the_planner_never_places_where_the_judge_refuses(lab: Lab, judge: Random, explain: bool) -> None:
    """And leaves nothing unplaced that the judge allows somewhere."""
    made = plan(lab, judge, explain=explain)
    for entry in made.terms:
        assert not any(judge.refuses(p.candidate) for p in entry.placements)
        if not entry.placements:
            kept = [name for name in STORES if name != "deletion"]
            assert all(judge.refuses(Candidate(entry.dataset, entry.term, store)) for store in kept)
            assert any(f.severity is Severity.ERROR for f in entry.findings)


@settings(max_examples=60, deadline=None)
@given(lab=labs(), judge=judges)
def test_copies_never_share_a_failure_domain(lab: Lab, judge: Random) -> None:
    """Nor is a second copy a deletion."""
    for entry in plan(lab, judge).terms:
        domains = [lab.failure_domain(p.candidate.store) for p in entry.placements]
        assert len(domains) == len(set(domains))
        systems = [lab.file.stores[p.candidate.store].system for p in entry.placements]
        assert System.DELETION not in systems[1:]


@settings(max_examples=60, deadline=None)
@given(lab=labs(), judge=judges, seed=st.integers(), explain=st.booleans())
def test_the_order_of_the_declarations_does_not_change_the_plan(
    lab: Lab, judge: Random, seed: int, explain: bool
) -> None:
    """Projects, datasets and stores of different systems may come in any order."""
    shuffle = random.Random(seed)
    projects = list(lab.projects.items())
    shuffle.shuffle(projects)
    turned = {}
    for name, project in projects:
        datasets = list(project.datasets.items())
        shuffle.shuffle(datasets)
        turned[name] = project.model_copy(update={"datasets": dict(datasets)})
    systems = [System.INTERNAL_DRIVE, *(s for s in System if s is not System.INTERNAL_DRIVE)]
    shuffle.shuffle(systems)
    declared = {n: s for system in systems for n, s in lab.file.stores.items() if s.system is system}
    other = lab.model_copy(update={"projects": turned, "file": lab.file.model_copy(update={"stores": declared})})
    assert repr(plan(lab, judge, explain=explain)) == repr(plan(other, judge, explain=explain))


# Copies at another site


class Sites(Rules):
    """A judge that wants three copies, or one of them at another site, or both."""

    def __init__(self, lab: Lab, *, copies: int = 1, sites: int = 1, refused: Sequence[str] = ()) -> None:
        super().__init__(refused)
        self.lab, self.copies, self.sites = lab, copies, sites

    def chosen(self, chosen: list[Chosen]) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
        """Each wish is a finding of its own."""
        return {(dataset, term): tuple(self._wishes(dataset, candidates)) for dataset, term, candidates in chosen}

    def _wishes(self, dataset: str, candidates: Sequence[Candidate]) -> list[Finding]:
        wishes = []
        if len(candidates) < self.copies:
            wishes.append(("copies", "three copies are needed", "another_copy"))
        if len({self.lab.site(c.store) for c in candidates}) < self.sites:
            wishes.append(("sites", "one copy has to be elsewhere", "another_site"))
        return [Finding(f"test/{rule}", Severity.ERROR, dataset, message, wants=want) for rule, message, want in wishes]


def placed(lab: Lab, judge: Rules, term: Term = Term.MID) -> list[str]:
    """The stores of raw images in a term."""
    return [p.candidate.store for p in plan(lab, judge).of("nf1/raw_images", term).placements]


def test_a_copy_at_another_site_passes_over_what_stands_at_the_same() -> None:
    """The shelf stands beside the bench: IDR is elsewhere."""
    lab = a_lab()
    judge = Sites(lab, sites=2)
    assert placed(lab, judge) == ["bench-s3", "idr"]
    why = plan(lab, judge).of("nf1/raw_images", Term.MID).placements[1].why
    assert why.startswith("copy 2, since one copy has to be elsewhere; next in Table 1")


def test_three_copies_of_which_one_is_elsewhere_are_three() -> None:
    """What is elsewhere counts as a copy too, and the third may be near again."""
    lab = a_lab()
    assert placed(lab, Sites(lab, copies=3, sites=2)) == ["bench-s3", "idr", "shelf"]
    assert placed(lab, Sites(lab, copies=3)) == ["bench-s3", "shelf", "idr"]


def test_without_another_site_nothing_is_added_and_the_wish_stays() -> None:
    """A copy nearby would not help."""
    lab = a_lab(stores={name: STORES[name] for name in ("bench-s3", "bench", "shelf", "bandicoot")})
    made = plan(lab, Sites(lab, sites=2)).of("nf1/raw_images", Term.MID)
    assert [p.candidate.store for p in made.placements] == ["bench-s3"]
    assert [finding.wants for finding in made.findings] == ["another_site"]


def test_without_another_site_a_further_copy_is_made_nearby_where_that_is_wanted_too() -> None:
    """As many copies as there can be."""
    lab = a_lab(stores={name: STORES[name] for name in ("bench-s3", "bench", "shelf", "bandicoot")})
    assert placed(lab, Sites(lab, copies=3, sites=2)) == ["bench-s3", "shelf", "bandicoot"]


def test_a_refused_store_elsewhere_gives_way_to_the_next_one_elsewhere() -> None:
    """Every site is tried in the order of preference."""
    lab = a_lab()
    assert placed(lab, Sites(lab, sites=2, refused=["idr", "bucket"])) == ["bench-s3", "figshare"]


def test_a_declared_site_counts() -> None:
    """Two clusters on one campus are one place; a shelf in the bank's vault is another."""
    stores_: dict[str, dict[str, object]] = {
        "bench": STORES["bench"],
        "bandicoot": STORES["bandicoot"],
        "vault": {"system": "external_drive", "site": "bank"},
    }
    lab = a_lab(stores=stores_)
    assert placed(lab, Sites(lab, sites=2)) == ["bench", "vault"]


def test_an_explanation_says_that_a_store_is_at_the_same_site() -> None:
    """It was allowed, and would not have helped."""
    lab = a_lab()
    made = plan(lab, Sites(lab, sites=2), explain=True).of("nf1/raw_images", Term.MID)
    reasons = {r.candidate.store: r.reason for r in made.rejections}
    assert reasons["shelf"] == (
        "allowed, but it stands at the same site as bench-s3, and a copy at another site was wanted"
    )


class Waived(Rules):
    """A judge whose refusals somebody has waived."""

    def _about(self, candidate: Candidate) -> tuple[Finding, ...]:
        return tuple(
            Finding(f.rule, f.severity, f.subject, f.message, waived="until 2027-01-31 by ann: a disk is on order")
            for f in super()._about(candidate)
        )


def test_what_is_waived_does_not_refuse_and_is_still_said() -> None:
    """The store is chosen with its finding."""
    made = plan(a_lab(), Waived(refused=["dropbox"])).of("nf1/raw_images", Term.SHORT)
    assert [p.candidate.store for p in made.placements] == ["dropbox"]
    assert [(f.rule, f.waived[:5], f.refuses) for f in made.findings] == [("test/refused", "until", False)]


def test_a_service_account_reads_like_anybody_else() -> None:
    """And nobody reads what is deleted."""
    lab = a_lab()
    file = LabFile.model_validate(
        {**lab.file.model_dump(exclude_defaults=True), "services": {"uploader": {"owner": "ann"}}}
    )
    audience = Audience(contributor=("uploader",))
    project = lab.projects["nf1"].model_copy(update={"audience": audience})
    lab = Lab(file=file, projects={"nf1": project})
    candidates = [Candidate("nf1/raw_images", Term.SHORT, store) for store in ("bench", "idr", "deletion")]
    assert [readers_of(lab, load_systems(), candidate) for candidate in candidates] == [
        ("service:uploader",),
        ("anyone", "service:uploader"),
        (),
    ]


def adopted(**stores: bool) -> dict[str, object]:
    """Raw images that lay in some stores before slidebox, each as it is or not."""
    return {**RAW, "adopted": {store: {"name": "old", "as_is": as_is} for store, as_is in stores.items()}}


def test_what_stays_as_it_is_has_its_place_whatever_the_rules_say_of_it() -> None:
    """It is there; the findings are kept, and nothing is made beside it. In later terms the plan is free."""
    lab = a_lab(projects={"nf1": {"raw_images": adopted(bucket=True)}})
    made = plan(lab, Rules(refused=["bucket"], twice=[("nf1/raw_images", Term.SHORT)]))
    assert stores(made) == [["bucket"], ["bench-s3"], ["shelf"]]
    assert {f.rule for f in made.of("nf1/raw_images", Term.SHORT).findings} >= {"test/refused"}
    assert made.of("nf1/raw_images", Term.SHORT).placements[0].why == (
        "it lies there since before slidebox, as old, as it is"
    )


def test_two_places_that_stay_as_they_are_are_two_copies() -> None:
    """Also where both fail together."""
    made = plan(a_lab(projects={"nf1": {"raw_images": adopted(bench=True, **{"bench-s3": True})}}))
    assert stores(made)[0] == ["bench", "bench-s3"]


def test_what_slidebox_has_taken_over_stays_where_it_lies_as_long_as_the_rules_allow_it() -> None:
    """It comes before any preference; where it is refused, another store is found."""
    lab = a_lab(projects={"nf1": {"raw_images": adopted(github=False)}})
    made = plan(lab)
    assert stores(made) == [["github"], ["bench-s3"], ["shelf"]]
    assert made.of("nf1/raw_images", Term.SHORT).placements[0].why == "it lies there since before slidebox, as old"
    assert stores(plan(lab, Rules(refused=["github"])))[0] == ["dropbox"]
    assert stores(plan(lab, Rules(twice=[("nf1/raw_images", Term.SHORT)])))[0] == ["github", "dropbox"]
