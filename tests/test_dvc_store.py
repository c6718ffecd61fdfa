"""A store of DVC is the store below it, in all that is asked of it: cost, domain, capabilities, readers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from slidebox import labfile
from slidebox.access import ANYONE
from slidebox.access.declared import readers
from slidebox.facts import FactBook
from slidebox.model import Candidate, Lab, LabFile, Project, Term
from slidebox.naming import bucket_of, dvc_path, dvc_remote, folder_of
from slidebox.plan import make_plan
from slidebox.preview import CLUSTER_FOLDER, FOLDER, Seen, facts_of
from slidebox.systems import load_systems

NOW = dt.date(2026, 11, 24)
RAW = "retina/raw_images"
SYSTEMS = load_systems()


class Agreeing:
    """A judge that refuses nothing."""

    def candidates(self, candidates: list[Candidate]) -> dict[str, tuple[()]]:
        """Nothing is said of any."""
        return {candidate.id: () for candidate in candidates}

    def chosen(self, chosen: list[tuple[str, Term, tuple[Candidate, ...]]]) -> dict[tuple[str, Term], tuple[()]]:
        """Nothing is said of any."""
        return {(dataset, term): () for dataset, term, _ in chosen}


def make_lab(**stores: dict[str, Any]) -> Lab:
    """A lab that keeps everything with DVC."""
    below = {
        "bench": {
            "system": "internal_drive",
            "kind": "drive",
            "path": "bench",
            "group": "imaging",
            "encrypted": True,
            "price": 20,
        },
        "bench-s3": {"system": "internal_drive", "kind": "s3", "over": "bench"},
    }
    remotes = stores or {"remotes": {"system": "dvc", "kind": "dvc", "over": "bench", "repository": "analysis"}}
    file = LabFile.model_validate(
        {
            "lab": "way-lab",
            "title": "Way Lab",
            "people": {"alice": {"name": "Alice"}},
            "stores": {**below, **remotes},
            "playbook": {"preferences": {"raw_images": {term: ["dvc"] for term in Term}}},
        }
    )
    project = Project.model_validate(
        {
            "project": "retina",
            "title": "Retina",
            "owner": "alice",
            "audience": {"contributor": ["alice"]},
            "datasets": {"raw_images": {"size": "2 TB", "files": 10, "sensitivity": "open"}},
        }
    )
    return Lab(file=file, projects={"retina": project})


@pytest.mark.parametrize(("price", "monthly"), [(None, 40.0), (5, 10.0)])
def test_it_costs_what_the_store_below_costs(price: float | None, monthly: float) -> None:
    """Or its own price, where the lab says one."""
    over = {"system": "dvc", "kind": "dvc", "over": "bench", "repository": "analysis", "price": price}
    lab = make_lab(remotes=over)
    plan = make_plan(lab, load_systems(lab.file.playbook), Agreeing(), now=NOW)
    assert {p.candidate.store for entry in plan.terms for p in entry.placements} == {"remotes"}
    assert {p.cost.monthly for entry in plan.terms for p in entry.placements} == {monthly}


def test_it_fails_with_the_disk_below_and_has_what_that_has() -> None:
    """Through a gateway too."""
    lab = make_lab(remotes={"system": "dvc", "kind": "dvc", "over": "bench-s3", "repository": "analysis"})
    facts = FactBook(lab, SYSTEMS).fragment(RAW, [Candidate(RAW, Term.SHORT, "remotes")])
    store = facts["stores"]["remotes"]
    assert (store["kind"], store["over"], store["failure_domain"], store["site"]) == ("dvc", "bench-s3", "bench", "lab")
    assert store["has"]["versioning"] is True
    assert lab.site("remotes") == "lab"


def test_its_places_have_names_that_no_dataset_has() -> None:
    """The remote is not the dataset's own folder or bucket in the store below."""
    lab = make_lab()
    assert folder_of(lab, RAW, "remotes") == f"dvc_remotes/remotes/{RAW}"
    assert bucket_of(lab, RAW, "remotes") == "way-lab-retina-raw-images-remotes"
    assert (dvc_remote(RAW, "remotes"), dvc_path(RAW)) == ("remotes-retina-raw-images", f"data/{RAW}")


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ({"kind": "dvc", "system": "dvc", "over": "remotes"}, "not one of kind 'drive', 's3' or 'cluster'"),
        ({"kind": "dvc", "system": "dvc", "over": "nowhere"}, "'nowhere' is not one of the stores"),
        ({"kind": "dvc", "system": "github", "over": "bench"}, "a store of system 'github' cannot be of kind 'dvc'"),
    ],
)
def test_a_store_that_cannot_be_is_refused_with_its_fault(store: dict[str, Any], said: str) -> None:
    """Before anything is planned."""
    found = "\n".join(str(problem) for problem in labfile.check_lab(make_lab(remotes=store)))
    assert said in found


def test_without_a_store_below_there_is_no_store_of_dvc() -> None:
    """The key is needed."""
    with pytest.raises(ValueError, match="a store of kind 'dvc' needs 'over'"):
        make_lab(remotes={"kind": "dvc", "system": "dvc"})


def folder(lab: Lab, **changes: Any) -> Seen:
    """The folder of a remote, with changes."""
    facts = FactBook(lab, SYSTEMS).fragment(RAW, [Candidate(RAW, Term.SHORT, "remotes")])
    said = {"location": f"{RAW}@short@remotes", "store": "bench", "mode": "2750", "group": "imaging", "facts": facts}
    return Seen("urn:folder", FOLDER, said | changes)


def test_a_preview_reads_the_folder_below_as_the_remote() -> None:
    """By its own mode, in the store that the lab declares over it."""
    found = facts_of([folder(make_lab())], NOW).facts["locations"]
    assert list(found) == [f"{RAW}@short@remotes"]
    (location,) = found.values()
    assert (location["store"], location["system"], location["failure_domain"]) == ("remotes", "dvc", "bench")
    assert location["has"]["encryption"] is True
    assert [r["principal"] for r in location["readers"]] == ["unknown"]  # the lab has no team of the group's name


def test_a_folder_on_another_disk_is_not_believed_to_be_the_remote() -> None:
    """Whatever its resource says."""
    (location,) = facts_of([folder(make_lab(), store="shelf")], NOW).facts["locations"].values()
    assert (location["store"], location["system"]) == ("unknown", "unknown")


OVER_CAMPUS: dict[str, dict[str, Any]] = {
    "campus": {
        "system": "local_cluster",
        "kind": "cluster",
        "host": "login.example.edu",
        "path": "/lab",
        "group": "imaging",
        "encrypted": True,
        "site": "campus",
        "price": 10,
    },
    "remotes": {"system": "dvc", "kind": "dvc", "over": "campus", "repository": "analysis"},
}


def on_campus(lab: Lab, **changes: Any) -> dict[str, Any]:
    """The facts of a remote's folder on a cluster, with changes of its resource."""
    facts = FactBook(lab, SYSTEMS).fragment(RAW, [Candidate(RAW, Term.SHORT, "remotes")])
    store = {"name": "campus", "host": "login.example.edu", "root": "/lab"}
    said = {"location": f"{RAW}@short@remotes", "store": store, "mode": "2750", "group": "imaging", "facts": facts}
    (location,) = facts_of([Seen("urn:folder", CLUSTER_FOLDER, said | changes)], NOW).facts["locations"].values()
    return dict(location)


def test_over_a_cluster_it_is_the_cluster_in_all_that_is_asked_of_it() -> None:
    """Cost, domain, site and capabilities; and a preview reads the folder there as the remote."""
    lab = make_lab(**OVER_CAMPUS)
    plan = make_plan(lab, load_systems(lab.file.playbook), Agreeing(), now=NOW)
    assert {p.candidate.store for entry in plan.terms for p in entry.placements} == {"remotes"}
    assert {p.cost.monthly for entry in plan.terms for p in entry.placements} == {20.0}
    assert (lab.failure_domain("remotes"), lab.site("remotes")) == ("campus", "campus")
    location = on_campus(lab)
    assert (location["store"], location["system"], location["failure_domain"]) == ("remotes", "dvc", "campus")
    assert location["has"]["encryption"] is True
    assert location["has"]["encrypted_transport"] is True
    assert location["lifecycle"]["expire_days"] == "none"


def test_a_folder_on_another_cluster_is_not_believed_to_be_the_remote() -> None:
    """Whatever its resource says; nor is one on a store that is no cluster."""
    elsewhere = {"name": "other", "host": "other.example.edu", "root": "/lab"}
    assert on_campus(make_lab(**OVER_CAMPUS), store=elsewhere)["store"] == "unknown"
    disk = {"name": "bench", "host": "login.example.edu", "root": "/lab"}
    assert on_campus(make_lab(), store=disk)["store"] == "unknown"


def test_what_the_cluster_deletes_goes_from_its_remotes_too() -> None:
    """The rules see it before it is made, and the preview when it is."""
    campus = {**OVER_CAMPUS["campus"], "purge_after": "60 days"}
    lab = make_lab(**{**OVER_CAMPUS, "campus": campus})
    candidate = Candidate(RAW, Term.SHORT, "remotes")
    assert FactBook(lab, SYSTEMS).location(candidate, NOW)["lifecycle"]["expire_days"] == 60
    assert on_campus(lab, purgeDays=60)["lifecycle"]["expire_days"] == 60


def test_a_cluster_has_no_public_for_remotes_either() -> None:
    """What is declared public is opened on a drive, and on a cluster to nobody but the audience."""
    candidate = Candidate(RAW, Term.SHORT, "remotes")
    for lab, opened in ((make_lab(), True), (make_lab(**OVER_CAMPUS), False)):
        project = lab.projects["retina"]
        audience = project.audience.model_copy(update={"reader": ("public",)})
        public = Lab(file=lab.file, projects={"retina": project.model_copy(update={"audience": audience})})
        assert (ANYONE in {r.principal for r in readers(public, SYSTEMS, candidate)}) is opened
