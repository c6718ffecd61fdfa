package slidebox.keeping.raw_copies_test

import data.slidebox.keeping.raw_copies as rule
import data.slidebox.lib.fixture_test as fixture

passes := fixture.facts

without_shelf := json.patch(fixture.facts, [{"op": "remove", "path": ["locations", fixture.at_shelf]}])

refused := without_shelf

said(document) := {[finding.subject, finding.message, finding.wants] |
	some finding in rule.together_findings with input as document
}

place(store) := object.union(fixture.location, {
	"term": "long",
	"store": store,
	"system": fixture.stores[store].system,
	"failure_domain": fixture.stores[store].failure_domain,
})

# The raw images in some stores, in the long term.
in_long(stores) := json.patch(fixture.facts, [{
	"op": "replace",
	"path": "/locations",
	"value": {sprintf("nf1/raw_images@long@%s", [store]): place(store) | some store in stores},
}])

test_wants_another_copy if {
	rule.together_findings == {{
		"rule": "keeping/raw_copies",
		"severity": "error",
		"subject": "nf1/raw_images@mid",
		"message": "raw images need 2 copies in 2 failure domains in the mid term; there is one, in bench",
		"path": [],
		"cure": rule.info.cure,
		"wants": "another_copy",
		"waived": "",
	}} with input as without_shelf
}

test_counts_failure_domains_not_copies if {
	document := fixture.with_location(fixture.at_shelf, {"failure_domain": "bench"})
	count(said(document)) == 1
}

test_deletion_is_no_copy if {
	document := fixture.with_location(fixture.at_shelf, {"system": "deletion"})
	count(said(document)) == 1
}

test_nothing_kept_is_said if {
	document := fixture.changed(without_shelf, ["locations", fixture.at_bench], {"system": "deletion"})
	said(document) == {[
		"nf1/raw_images@mid",
		"raw images need 2 copies in 2 failure domains in the mid term; there is none",
		"another_copy",
	]}
}

test_each_term_stands_by_itself if {
	document := fixture.with_location(fixture.at_shelf, {"term": "long"})
	{subject | some [subject, _, _] in said(document)} == {"nf1/raw_images@mid", "nf1/raw_images@long"}
}

test_the_long_term_needs_three_copies_and_one_elsewhere if {
	said(in_long({"bench", "shelf", "campus"})) == set()
	said(in_long({"bench", "campus", "cloud"})) == set()
}

test_the_third_copy_has_to_be_the_one_elsewhere if {
	said(in_long({"bench", "shelf"})) == {[
		"nf1/raw_images@long",
		"raw images need 3 copies in 3 failure domains in the long term; there are 2, in bench and shelf",
		"another_site",
	]}
	said(in_long({"bench", "campus"})) == {[
		"nf1/raw_images@long",
		"raw images need 3 copies in 3 failure domains in the long term; there are 2, in bench and campus",
		"another_copy",
	]}
	{wants | some [_, _, wants] in said(in_long({"bench"}))} == {"another_copy"}
}

test_three_copies_at_one_site_burn_together if {
	at_one_site := fixture.changed(in_long({"bench", "shelf", "campus"}), ["stores", "campus"], {"site": "lab"})
	said(at_one_site) == {[
		"nf1/raw_images@long",
		"raw images need a copy at another site in the long term; all are at lab",
		"another_site",
	]}
}

test_one_copy_is_enough_in_the_short_term if {
	said(fixture.changed(without_shelf, ["locations", fixture.at_bench], {"term": "short"})) == set()
}

test_one_copy_is_enough_for_what_can_be_had_again if {
	every change in [{"origin": "public"}, {"keep": "stream"}, {"level": "corrected_images"}] {
		said(fixture.changed(without_shelf, ["datasets", fixture.raw], change)) == set()
	}
}

test_scratch_makes_no_exception if {
	count(said(fixture.changed(without_shelf, ["datasets", fixture.raw], {"keep": "scratch"}))) == 1
}

test_a_dataset_that_lies_nowhere_yet_can_be_read if {
	document := fixture.with_unplaced({"keep": "unknown"})
	[finding.subject | some finding in rule.together_findings] == ["nf1/new"] with input as document
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if rule.together_findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.together_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.together_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.together_findings with input as {}
	count(said) > 0
}
