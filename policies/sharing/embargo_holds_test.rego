package slidebox.sharing.embargo_holds_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.sharing.embargo_holds as rule

embargoed(change) := fixture.with_dataset(fixture.raw, object.union({"embargo": "2027-06-30"}, change))

read_by(document, principal, starts) := fixture.changed(document, ["locations", fixture.at_bench], {
	"readers": [{"principal": principal, "actions": ["read"], "path": ["bucket policy"]}],
	"starts": starts,
})

passes := fixture.changed(
	read_by(embargoed({"public_terms": ["long"]}), "anyone", "2027-06-30"),
	["locations", fixture.at_bench],
	{"term": "long"},
)

refused := read_by(embargoed({"public_terms": ["mid"]}), "anyone", "2026-11-24")

messages := {finding.message | some finding in rule.location_findings}

declared := {finding.message | some finding in rule.declared_findings}

test_names_the_reader_the_path_and_both_days if {
	rule.location_findings == {{
		"rule": "sharing/embargo_holds",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "anyone can read from 2026-11-24 on, and the embargo ends on 2027-06-30",
		"path": ["bucket policy"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as read_by(embargoed({}), "anyone", "2026-11-24")
}

test_nobody_unnamed_reads_before_its_day if {
	every principal in ["anyone", "any_account", "unknown"] {
		said := messages with input as read_by(embargoed({}), principal, "2027-06-29")
		count(said) == 1
		messages == set() with input as read_by(embargoed({}), principal, "2027-06-30")
	}
	messages == set() with input as read_by(embargoed({}), "person:carol", "2026-11-24")
}

test_a_public_term_begins_no_earlier if {
	document := fixture.changed(
		read_by(embargoed({"public_terms": ["long"]}), "person:carol", "2027-06-29"),
		["locations", fixture.at_bench],
		{"term": "long"},
	)
	messages == {
		"declared public in the long term, from 2027-06-29 on; the embargo ends on 2027-06-30",
	} with input as document
	messages == set() with input as fixture.changed(
		document,
		["locations", fixture.at_bench],
		{"starts": "2027-06-30"},
	)
	messages == set() with input as fixture.changed(document, ["locations", fixture.at_bench], {"term": "mid"})
}

test_a_declaration_is_not_public_now if {
	rule.declared_findings == {{
		"rule": "sharing/embargo_holds",
		"severity": "error",
		"subject": fixture.raw,
		"message": "it is declared public now, and the embargo ends on 2027-06-30",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
	declared == set() with input as embargoed({"public_terms": ["long"]})
	audience := object.union(fixture.dataset.audience, {"reader": ["anyone"]})
	count(declared) == 1 with input as embargoed({"audience": audience})
}

test_an_embargo_is_over_on_its_day if {
	over := read_by(embargoed({"public_terms": ["mid"], "embargo": "2026-11-24"}), "anyone", "2026-11-24")
	messages | declared == set() with input as over
	later := read_by(embargoed({"public_terms": ["mid"], "embargo": "2026-11-25"}), "anyone", "2026-11-24")
	count(messages) == 2 with input as later
	count(declared) == 1 with input as later
}

test_the_embargo_travels_with_what_is_made_from_the_data if {
	document := fixture.changed(embargoed({}), ["datasets", fixture.masks], {"public_terms": ["mid"]})
	{finding.subject | some finding in rule.location_findings} == {fixture.masks_at_bench} with input as document
	{finding.subject | some finding in rule.declared_findings} == {fixture.masks} with input as document
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
