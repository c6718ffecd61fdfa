# METADATA
# scope: package
# title: What holds for each dataset, and where it comes from
package slidebox.lib.explained

import data.slidebox.lib.audience
import data.slidebox.lib.duo
import data.slidebox.lib.needs
import data.slidebox.lib.retention
import data.slidebox.lib.sensitivity
import data.slidebox.lib.shape

datasets := {id: said |
	some id, dataset in input.datasets
	said := {
		"sensitivity": sensitivity_of(id, dataset),
		"retention": {
			"until": object.get(retention.until, id, "none"),
			"hold": dataset.hold,
			"clocks": sort([[clock.until, clock.clock, clock.why] | some clock in retention.clocks[id]]),
		},
		"audience": {principal: access | some principal, access in audience_of(id, dataset)},
		"public": {"terms": dataset.public_terms, "embargo": dataset.embargo},
		"duo": {term: {"meaning": duo.in_words(term), "from": sort(sources)} |
			some term, sources in duo.terms[id]
		},
		"needs": {capability: sort(reasons) | some capability, reasons in needs.of(id, dataset.term)},
	}
}

sensitivity_of(id, dataset) := {
	"declared": dataset.sensitivity,
	"effective": sensitivity.effective[id],
	"because": sensitivity.cause(id),
	"path": sensitivity.path(id),
	"deidentified": id in sensitivity.deidentified,
}

audience_of(id, dataset) := {principal: {"roles": sort(roles), "people": sort(people), "until": until} |
	some principal in audience.named[id]
	roles := {role | some role in shape.roles; principal in dataset.audience[role]}
	people := people_of(principal)
	until := audience_ends(principal, id)
}

audience_ends(principal, id) := audience.access_ends(principal, id) if audience.outside[principal]

audience_ends(principal, _) := "none" if not audience.outside[principal]

people_of(principal) := audience.persons(principal)

people_of(principal) := set() if principal in audience.unnamed
