package slidebox.sharing.patient_images_scanned_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.shape
import data.slidebox.sharing.patient_images_scanned as rule

read_by(document, principal) := fixture.changed(document, ["locations", fixture.at_bench], {"readers": [{
	"principal": principal,
	"actions": ["read"],
	"path": ["bucket policy"],
}]})

published(change) := object.union(
	read_by(fixture.with_dataset(fixture.raw, object.union({"public_terms": ["mid"]}, change)), "anyone"),
	{"gate": "publish"},
)

passes := published({})

refused := published({"scan": {"recorded": false, "missing": ["tool", "date"], "passed": false}})

messages := {finding.message | some finding in rule.location_findings}

declared := {finding.message | some finding in rule.declared_findings}

test_names_the_reader_and_the_path if {
	rule.location_findings == {{
		"rule": "sharing/patient_images_scanned",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "anyone can read images from patients: no metadata scan is recorded",
		"path": ["bucket policy"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_names_what_is_to_be_public if {
	rule.declared_findings == {{
		"rule": "sharing/patient_images_scanned",
		"severity": "error",
		"subject": fixture.raw,
		"message": "images from patients are to be public: no metadata scan is recorded",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_a_scan_is_recorded_completely_and_passed if {
	declared == {
		"images from patients are to be public: no metadata scan is recorded",
	} with input as published({"scan": {"recorded": false, "missing": [], "passed": false}})
	declared == {
		"images from patients are to be public: of the metadata scan is not recorded: tool, date",
	} with input as published({"scan": {"missing": ["tool", "date"], "passed": false}})
	declared == {
		"images from patients are to be public: the metadata scan did not pass",
	} with input as published({"scan": {"passed": false}})
	declared == {
		"images from patients are to be public: the metadata scan is dated 2026-11-25, which is still to come",
	} with input as published({"scan": {"date": "2026-11-25"}})
	every day in ["2026-11-24", "none"] { declared == set() with input as published({"scan": {"date": day}}) }
}

test_only_images_from_patients_count if {
	unscanned := {"scan": {"recorded": false}}
	messages == set() with input as published(object.union(unscanned, {"patient_derived": false}))
	every level in shape.levels {
		said := messages with input as published(object.union(unscanned, {"level": level}))
		count(said) == count({level} & rule.image_levels)
	}
	count(rule.image_levels) == 4
}

test_a_reader_that_is_not_known_may_be_anyone if {
	unscanned := published({"scan": {"recorded": false}, "public_terms": []})
	messages == {
		"a reader that is not known can read images from patients: no metadata scan is recorded",
	} with input as read_by(unscanned, "unknown")
	declared == set() with input as read_by(unscanned, "unknown")
	messages == set() with input as read_by(unscanned, "person:carol")
}

test_a_scan_is_called_a_scan_and_nothing_more if {
	not contains(lower(rule.info.cure), "identified")
	contains(rule.info.cure, "scan that passed")
}

all_findings := rule.location_findings | rule.declared_findings

test_says_nothing_about_a_good_lab if all_findings == set() with input as fixture.facts

test_passes_and_refused_are_what_they_say if {
	all_findings == set() with input as passes
	said := all_findings with input as refused
	count(said) > 0
}

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in all_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: What is not known of a dataset is said of the dataset itself, not of its places alone
test_says_of_the_dataset_what_is_not_known if {
	some field in rule.info.reads
	startswith(field, "dataset.")
	some document in fixture.broken(passes, field)
	some finding in rule.declared_findings with input as document
	startswith(finding.message, "cannot be judged: ")
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := all_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := all_findings with input as {}
	count(said) > 0
}
