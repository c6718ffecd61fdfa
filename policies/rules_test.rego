# METADATA
# scope: package
# title: Where the built-in rules are asked, and which of them a lab can waive
package rules_test

import data.slidebox.lib.shape
import data.waivers.waiver_holds

rules := {info.id: info |
	some info in ({waiver_holds.info} | {built_in | built_in := data.slidebox[_][_].info})
	info.id != "topic/rule" # what the judge's own test judges by
}

# Publishing asks what becomes public. Where and how data are kept is asked wherever they are kept.
kept(id) if split(id, "/")[0] in {"cost", "keeping", "placement"}

kept(id) if {
	startswith(id, "protection/")
	id != "protection/region_residency" # what is published lies somewhere else
}

test_every_rule_is_asked_at_every_gate_that_can_show_it if {
	every id, info in rules { {gate | some gate in info.gates} == gates(id) }
}

gates("sharing/patient_images_scanned") := {"publish"}

gates(id) := shape.gates - {"publish" | kept(id)} if id != "sharing/patient_images_scanned"

test_what_protects_people_and_what_cannot_be_undone_is_never_waived if {
	{id | some id, info in rules; info.waivable == false} == {
		"access/departed_have_no_access",
		"keeping/deletion_only_remakeable",
		"keeping/hold_beats_deletion",
		"placement/data_use_agreement",
		"sharing/coded_public_when_determined",
		"sharing/confidential_within_agreement",
		"sharing/derived_as_sensitive_as_parents",
		"sharing/duo_terms",
		"sharing/embargo_holds",
		"sharing/expired_no_readers",
		"sharing/identifiable_named_people_only",
		"sharing/identifiable_never_public",
		"sharing/patient_images_scanned",
		"waivers/waiver_holds",
	}
	every info in rules { is_boolean(info.waivable) }
}
