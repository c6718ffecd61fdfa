package slidebox.provenance.step_recorded_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.provenance.step_recorded as rule

passes := fixture.facts

unrecorded := {"step": {"recorded": false, "missing": ["repository", "commit", "date"]}}

refused := fixture.with_dataset(fixture.masks, unrecorded)

said(change) := {[finding.severity, finding.message] |
	some finding in rule.declared_findings with input as fixture.with_dataset(fixture.masks, change)
}

test_a_dataset_with_parents_has_a_step if {
	rule.declared_findings == {{
		"rule": "provenance/step_recorded",
		"severity": "error",
		"subject": fixture.masks,
		"message": "no step is recorded: nobody could make it again",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_a_step_may_be_open_only_while_it_is_worked_on if {
	open_step := {"step": {"recorded": true, "missing": ["commit", "date"]}}
	message := "the step is not complete: commit, date not recorded"
	said(open_step) == {["error", message]}
	said(object.union(open_step, {"activity": "finished"})) == {["error", message]}
	said(object.union(open_step, {"activity": "active"})) == {["warning", message]}
}

test_the_repository_is_never_open if {
	said({"step": {"recorded": true, "missing": ["repository"]}, "activity": "active"}) == {[
		"error",
		"the step is not complete: repository not recorded",
	]}
}

test_people_write_metadata_and_pipelines if {
	every level in ["metadata", "pipelines"] {
		said(object.union(unrecorded, {"level": level})) == set()
	}
}

test_where_no_step_is_asked_for_it_may_be_incomplete if {
	said({"level": "metadata", "step": {"recorded": true, "missing": ["commit"]}}) == set()
}

test_a_derived_level_names_its_parents if {
	message := "segmentation_masks come from something, and no parent is named"
	said({"parents": []}) == {["error", message]}
	said({"parents": [], "origin": "academic"}) == {["error", message]}
	said({"parents": [], "origin": "lab", "source": "idr0080"}) == {["error", message]}
}

test_what_others_made_names_where_it_came_from if {
	said({"parents": [], "origin": "public", "source": "idr0080"}) == set()
	said({"parents": [], "origin": "industry", "agreement": "assayworks"}) == set()
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live", "publish"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if rule.declared_findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.declared_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.declared_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.declared_findings with input as {}
	count(said) > 0
}
