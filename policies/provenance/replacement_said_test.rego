package slidebox.provenance.replacement_said_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.provenance.replacement_said as rule

other := "other/segmentation_masks"

# The masks of another project from the same raw images, made a month later.
twin(change) := fixture.added(
	fixture.facts,
	["datasets", other],
	object.union(object.union(fixture.derived, {"project": "other", "created": "2026-06-01"}), change),
)

passes := twin({"replaces": fixture.masks})

refused := twin({"replaces": fixture.raw})

said(document) := {[finding.severity, finding.subject, finding.message] |
	some finding in rule.declared_findings with input as document
}

rival(id) := sprintf("%s was made from the same parents, and neither replaces the other", [id])

test_it_replaces_something_of_its_own_level if {
	{finding | some finding in rule.declared_findings; finding.severity == "error"} == {{
		"rule": "provenance/replacement_said",
		"severity": "error",
		"subject": other,
		"message": "it replaces nf1/raw_images, which is of another level, raw_images",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_it_replaces_something_that_is_declared if {
	["error", other, "it replaces gone/segmentation_masks, which is not declared"] in said(twin({
		"replaces": "gone/segmentation_masks",
	}))
	["error", other, "it replaces other/segmentation_masks, which is itself"] in said(twin({"replaces": other}))
}

test_it_replaces_something_older if {
	younger := twin({"replaces": fixture.masks, "created": "2026-04-30"})
	said(younger) == {[
		"error",
		other,
		"it replaces nf1/segmentation_masks, which is younger: it is of 2026-05-01",
	]}
	said(twin({"replaces": fixture.masks, "created": "2026-05-01"})) == set()
}

test_a_step_dates_what_has_no_day_of_its_own if {
	undated := {"replaces": fixture.masks, "created": "none", "step": {"date": "2026-04-30"}}
	count(said(twin(undated))) == 1
	said(twin(object.union(undated, {"step": {"date": "none"}}))) == set()
	replaced := fixture.changed(passes, ["datasets", fixture.masks], {"created": "none", "step": {"date": "none"}})
	said(replaced) == set()
	said(twin({"created": "none", "step": {"date": "none"}})) == {["warning", other, rival(fixture.masks)]}
}

test_two_projects_that_made_the_same_say_which_one_counts if {
	said(twin({})) == {["warning", other, rival(fixture.masks)]}
	replaced := fixture.changed(twin({}), ["datasets", fixture.masks], {"replaces": other, "created": "2026-07-01"})
	said(replaced) == set()
}

test_the_younger_of_two_has_to_say_it if {
	older := twin({"created": "2026-04-01"})
	said(older) == {["warning", fixture.masks, rival(other)]}
}

test_what_was_made_otherwise_is_something_else if {
	every change in [{"level": "single_cell_images"}, {"parents": [fixture.notes]}, {"parents": []}, {"project": "nf1"}] {
		said(twin(change)) == set()
	}
}

test_what_one_project_alone_made_has_no_rival if rule.rivals == [] with input as twin({"project": "nf1"})

test_what_comes_from_nothing_has_no_rival if {
	document := fixture.added(
		passes,
		["datasets", "other/raw_images"],
		object.union(fixture.dataset, {"project": "other"}),
	)
	said(document) == set()
}

test_another_one_of_its_own_project_is_no_elder if {
	document := fixture.added(
		twin({}),
		["datasets", "nf1/more_masks"],
		object.union(fixture.derived, {"created": "2026-05-02"}),
	)
	{subject | some [_, subject, _] in said(document)} == {other}
}

test_of_three_each_younger_one_is_named if {
	third := fixture.added(
		twin({}),
		["datasets", "third/segmentation_masks"],
		object.union(fixture.derived, {"project": "third", "created": "2026-08-01"}),
	)
	{subject | some [_, subject, _] in said(third)} == {other, "third/segmentation_masks"}
	said(fixture.changed(third, ["datasets", other], {"replaces": fixture.masks})) == {[
		"warning",
		"third/segmentation_masks",
		rival(fixture.masks),
	]}
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
