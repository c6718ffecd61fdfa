package slidebox.sharing.duo_terms_test

import data.slidebox.lib.duo
import data.slidebox.lib.fixture_test as fixture
import data.slidebox.sharing.duo_terms as rule

general := "DUO:0000042"

health := "DUO:0000006"

disease := "DUO:0000007"

projects_own := "DUO:0000027"

geography := "DUO:0000022"

moratorium := "DUO:0000024"

time_limit := "DUO:0000025"

under(terms) := fixture.with_dataset(fixture.raw, {"duo": terms})

read_by(document, principal) := fixture.changed(document, ["locations", fixture.at_bench], {"readers": [{
	"principal": principal,
	"actions": ["read"],
	"path": ["bucket policy"],
}]})

public(document) := fixture.changed(document, ["datasets", fixture.raw], {"public_terms": ["long"]})

in_idr(document, id) := fixture.changed(
	document,
	["locations", id],
	{"store": "zenodo", "system": "idr"},
)

passes := fixture.changed(read_by(under([general, geography, time_limit]), "person:carol"), ["datasets", fixture.raw], {
	"regions": ["us-*"],
	"expires": "2030-01-01",
})

refused := public(read_by(under([general, projects_own]), "anyone"))

messages := {finding.message | some finding in rule.location_findings}

declared := {finding.message | some finding in rule.declared_findings}

test_names_the_reader_the_path_and_the_term if {
	rule.location_findings == {{
		"rule": "sharing/duo_terms",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "anyone can read data under DUO:0000027 (project-specific restriction)",
		"path": ["bucket policy"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_every_modifier_keeps_data_from_being_public if {
	every term, meaning in duo.modifiers {
		document := public(read_by(under([general, term]), "any_account"))
		said := sprintf("%s (%s)", [term, meaning])
		messages == {sprintf("anybody with an account can read data under %s", [said])} with input as document
		found := declared with input as document
		sprintf("it is declared public, under %s", [said]) in found
	}
}

test_only_two_permissions_leave_data_public if {
	every term, _ in duo.permissions {
		document := public(read_by(under([term]), "anyone"))
		closed := {1 | not term in {"DUO:0000004", general}}
		said := declared with input as document
		count(said) == count(closed)
		told := messages with input as document
		count(told) == count(closed)
	}
}

test_a_reader_that_is_not_known_may_be_anyone if {
	messages == {
		"a reader that is not known can read data under DUO:0000027 (project-specific restriction)",
	} with input as read_by(under([general, projects_own]), "unknown")
}

test_terms_hold_for_what_is_made_from_the_data if {
	document := fixture.changed(under([general, projects_own]), ["datasets", fixture.masks], {"public_terms": ["long"]})
	rule.declared_findings == {{
		"rule": "sharing/duo_terms",
		"severity": "error",
		"subject": fixture.masks,
		"message": "it is declared public, under DUO:0000027 (project-specific restriction) of nf1/raw_images",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as document
}

test_a_moratorium_ends_with_an_embargo if {
	document := public(read_by(under([general, moratorium]), "anyone"))
	messages == {"anyone can read data under DUO:0000024 (publication moratorium)"} with input as document
	declared == {"it is declared public, under DUO:0000024 (publication moratorium)"} with input as document
	set() == messages | declared with input as fixture.changed(
		document,
		["datasets", fixture.raw],
		{"embargo": "2026-06-30"},
	)
}

test_an_embargo_lifts_nothing_but_the_moratorium if {
	document := public(under([general, moratorium, projects_own]))
	declared == {
		"it is declared public, under DUO:0000027 (project-specific restriction)",
	} with input as fixture.changed(document, ["datasets", fixture.raw], {"embargo": "2026-06-30"})
}

test_non_commercial_data_lie_in_no_repository_for_commercial_use if {
	every term in ["DUO:0000018", "DUO:0000045", "DUO:0000046"] {
		every licence in ["CC0-1.0", "CC-BY-4.0"] {
			document := in_idr(under([general, term]), fixture.at_bench)
			messages == {sprintf("zenodo publishes under %s, for commercial use too: the data are under %s", [
				licence,
				duo.in_words(term),
			])} with input as fixture.changed(document, ["systems", "idr"], {"licence": licence})
		}
		every licence in ["CC-BY-NC-4.0", "none"] {
			document := in_idr(under([general, term]), fixture.at_bench)
			messages == set() with input as fixture.changed(document, ["systems", "idr"], {"licence": licence})
		}
	}
}

test_other_terms_may_lie_there if {
	messages == set() with input as in_idr(under([general, projects_own]), fixture.at_bench)
}

test_non_commercial_holds_for_what_is_made_from_the_data if {
	messages == {concat("", [
		"zenodo publishes under CC0-1.0, for commercial use too: ",
		"the data are under DUO:0000046 (non-commercial use only) of nf1/raw_images",
	])} with input as in_idr(under([general, "DUO:0000046"]), fixture.masks_at_bench)
}

test_data_stay_in_the_regions_of_what_they_come_from if {
	document := fixture.changed(under([general, geography]), ["datasets", fixture.raw], {"regions": ["eu-*", "us-west-1"]})
	said := "is in us-east-1, and data under DUO:0000022 (geographical restriction)"
	{[finding.subject, finding.message] | some finding in rule.location_findings} == {
		[fixture.at_bench, sprintf("bench %s stay in eu-*, us-west-1", [said])],
		[fixture.at_shelf, sprintf("shelf %s stay in eu-*, us-west-1", [said])],
		[fixture.masks_at_bench, sprintf("bench %s of nf1/raw_images stay in eu-*, us-west-1", [said])],
	} with input as document
}

test_what_is_deleted_lies_in_no_region if {
	document := fixture.changed(under([general, geography]), ["datasets", fixture.raw], {"regions": ["eu-*"]})
	{finding.subject | some finding in rule.location_findings} == {
		fixture.at_shelf,
		fixture.masks_at_bench,
	} with input as fixture.changed(document, ["locations", fixture.at_bench], {"system": "deletion"})
}

test_regions_without_the_term_are_left_to_another_rule if {
	document := fixture.changed(under([general]), ["datasets", fixture.raw], {"regions": ["eu-*"]})
	messages == set() with input as document
}

test_a_geographical_restriction_wants_its_regions if {
	document := under([general, geography])
	declared == {"DUO:0000022 (geographical restriction) wants its `regions`"} with input as document
	messages == set() with input as document
}

test_a_time_limit_wants_a_last_day if {
	declared == {
		"DUO:0000025 (time limit on use) wants a last day, in `expires`",
		"DUO:0000025 (time limit on use) of nf1/raw_images wants a last day, in `expires`",
	} with input as under([general, time_limit])
}

test_exactly_one_permission_is_there if {
	declared == {"0 of its terms are permissions, and exactly one has to be"} with input as under([projects_own])
	declared == {"2 of its terms are permissions, and exactly one has to be"} with input as under([general, disease])
	declared == set() with input as under([general])
	declared == set() with input as under([])
}

test_terms_that_are_not_known_are_refused if {
	declared == {
		"DUO:0000099 is not a term of the Data Use Ontology that is known here",
	} with input as under([general, "DUO:0000099"])
	messages == {
		"anyone can read data under DUO:0000099 (not a term that is known here)",
	} with input as read_by(under([general, "DUO:0000099"]), "anyone")
}

test_a_permission_is_no_wider_than_where_the_data_come_from if {
	every theirs, narrower in rule.takes_in {
		every own, _ in duo.permissions {
			document := fixture.changed(under([theirs]), ["datasets", fixture.masks], {"duo": [own]})
			said := declared with input as document
			said == {sprintf("%s is wider than %s of nf1/raw_images", [duo.in_words(own), duo.in_words(theirs)]) |
				not own in narrower
			}
		}
	}
}

test_permissions_go_from_disease_to_no_restriction if {
	ladder := [disease, health, general, "DUO:0000004"]
	every place, permission in ladder {
		array.slice(ladder, 0, place + 1) == [term | some term in ladder; term in rule.takes_in[permission]]
	}
	rule.takes_in["DUO:0000011"] == {"DUO:0000011"}
	{permission | some permission, narrower in rule.takes_in; "DUO:0000011" in narrower} == {
		"DUO:0000004",
		general,
		"DUO:0000011",
	}
}

test_what_only_narrows_goes_along if {
	declared == set() with input as fixture.changed(
		under([general, projects_own]),
		["datasets", fixture.masks],
		{"duo": [health, "DUO:0000021"]},
	)
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
