package slidebox.sharing.public_has_licence_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.sharing.public_has_licence as rule

read_by(document, principal) := fixture.changed(document, ["locations", fixture.at_bench], {"readers": [{
	"principal": principal,
	"actions": ["read"],
	"path": ["bucket policy"],
}]})

unlicensed := fixture.with_dataset(fixture.raw, {"licence": "none"})

public(document) := fixture.changed(document, ["datasets", fixture.raw], {"public_terms": ["long"]})

at_gate(document, gate) := object.union(document, {"gate": gate})

passes := at_gate(public(read_by(fixture.facts, "anyone")), "publish")

refused := at_gate(public(read_by(unlicensed, "anyone")), "publish")

messages := {finding.message | some finding in rule.location_findings}

test_names_the_reader_and_the_path if {
	rule.location_findings == {{
		"rule": "sharing/public_has_licence",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "anyone can read data without a licence",
		"path": ["bucket policy"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_named_and_unknown_readers_need_no_licence if {
	messages == set() with input as read_by(unlicensed, "person:carol")
	messages == set() with input as read_by(unlicensed, "unknown")
	messages == {
		"anybody with an account can read data without a licence",
	} with input as read_by(unlicensed, "any_account")
}

test_before_it_becomes_public_the_licence_is_there if {
	rule.declared_findings == {{
		"rule": "sharing/public_has_licence",
		"severity": "error",
		"subject": fixture.raw,
		"message": "it is to be public and has no licence",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_a_declaration_is_asked_only_before_publishing if {
	every gate in ["plan", "preview", "live"] {
		rule.declared_findings == set() with input as at_gate(public(unlicensed), gate)
	}
}

test_what_is_never_public_needs_no_licence if {
	rule.declared_findings == set() with input as at_gate(unlicensed, "publish")
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
