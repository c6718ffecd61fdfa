package slidebox.provenance.parents_not_younger_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.provenance.parents_not_younger as rule

passes := fixture.facts

refused := fixture.with_dataset(fixture.raw, {"created": "2026-05-02"})

messages(document) := {finding.message | some finding in rule.declared_findings with input as document}

dated(id, document, created, made) := fixture.changed(
	document,
	["datasets", id],
	{"created": created, "step": {"date": made}},
)

test_a_parent_is_not_younger if {
	rule.declared_findings == {{
		"rule": "provenance/parents_not_younger",
		"severity": "error",
		"subject": fixture.masks,
		"message": "it was made on 2026-05-01 from nf1/raw_images, which is of 2026-05-02",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_it_may_be_of_the_same_day if {
	messages(fixture.with_dataset(fixture.raw, {"created": "2026-05-01"})) == set()
}

test_the_day_of_the_step_comes_before_that_of_the_dataset if {
	messages(dated(fixture.masks, fixture.facts, "2026-05-01", "2026-02-01")) == {
		"it was made on 2026-02-01 from nf1/raw_images, which is of 2026-03-01",
	}
	messages(dated(fixture.masks, fixture.facts, "2026-02-01", "2026-05-01")) == set()
	messages(dated(fixture.masks, fixture.facts, "2026-02-01", "none")) == {
		"it was made on 2026-02-01 from nf1/raw_images, which is of 2026-03-01",
	}
}

test_a_parent_that_was_made_has_the_day_of_its_step if {
	messages(dated(fixture.raw, fixture.facts, "none", "2026-06-01")) == {
		"it was made on 2026-05-01 from nf1/raw_images, which is of 2026-06-01",
	}
	messages(dated(fixture.raw, fixture.facts, "2026-03-01", "2026-06-01")) == set()
}

test_without_days_nothing_can_be_compared if {
	messages(dated(fixture.masks, refused, "none", "none")) == set()
	messages(dated(fixture.raw, fixture.facts, "none", "none")) == set()
}

test_a_parent_that_is_not_declared_is_left_to_another_rule if {
	messages(fixture.with_dataset(fixture.masks, {"parents": ["other/raw_images"]})) == set()
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
