package slidebox.keeping.metadata_persists_test

import data.slidebox.keeping.metadata_persists as rule
import data.slidebox.lib.fixture_test as fixture

findings := rule.location_findings | rule.declared_findings

passes := fixture.facts

refused := fixture.with_location(fixture.notes_at_bench, {"system": "deletion"})

said(document) := {[finding.severity, finding.subject, finding.message] |
	some finding in findings with input as document
}

test_metadata_are_never_deleted if {
	findings == {{
		"rule": "keeping/metadata_persists",
		"severity": "error",
		"subject": fixture.notes_at_bench,
		"message": "metadata would be deleted",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_nor_do_they_expire if {
	document := fixture.changed(fixture.facts, ["locations", fixture.notes_at_bench, "lifecycle"], {"expire_days": 365})
	said(document) == {["error", fixture.notes_at_bench, "metadata would expire after 365 days"]}
}

test_nor_are_they_streamed_or_scratch if {
	every keep in ["stream", "scratch"] {
		message := sprintf("metadata are kept, and would not be (keep: %s)", [keep])
		said(fixture.with_dataset(fixture.notes, {"keep": keep})) == {["error", fixture.notes, message]}
	}
}

test_other_levels_may_go if {
	said(fixture.with_location(fixture.masks_at_bench, {"system": "deletion"})) == set()
	said(fixture.with_dataset(fixture.masks, {"keep": "scratch"})) == set()
}

test_a_project_with_data_has_metadata if {
	document := fixture.changed(fixture.facts, ["projects", "nf1"], {"levels": ["raw_images"]})
	said(document) == {["warning", "nf1", "the project has data and no metadata that say what they are"]}
}

test_pipelines_alone_need_none if {
	every levels in [[], ["pipelines"]] {
		said(fixture.changed(fixture.facts, ["projects", "nf1"], {"levels": levels})) == set()
	}
}

test_a_dataset_that_lies_nowhere_yet_can_be_read if {
	document := fixture.with_unplaced({"keep": "unknown"})
	[finding.subject | some finding in findings] == ["nf1/new"] with input as document
}

test_a_project_without_data_can_be_read if {
	document := fixture.added(passes, ["projects", "nf2"], json.remove(fixture.project, ["levels"]))
	[finding.subject | some finding in findings] == ["nf2"] with input as document
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := findings with input as {}
	count(said) > 0
}
