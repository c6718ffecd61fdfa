# METADATA
# scope: package
# title: Identifiable data are never public
# description: >-
#   Nobody who is not named can read data in which a patient or donor can be recognised: not anyone, not anybody
#   with an account, not a reader that is not known; by no path, in no term. The same holds for everything that
#   comes from such data, until a de-identification is recorded.
# custom:
#   id: sharing/identifiable_never_public
#   severity: error
#   scope: [location, dataset]
#   gates: [plan, preview, live, publish]
#   waivable: false
#   reads:
#     - location.dataset
#     - location.readers
#     - dataset.sensitivity
#     - dataset.parents
#     - dataset.deidentification
#     - dataset.audience
#     - dataset.public_terms
#   cure: Name the people in the audience, without `public` and `public_from`, or record how it was de-identified.
#   references:
#     - Playbook, section Origin, "it is never ok to share identifiable patient data"
#     - 45 CFR 164.502(a), 45 CFR 164.514(a)-(b)
package slidebox.sharing.identifiable_never_public

import data.slidebox.lib.audience
import data.slidebox.lib.judge
import data.slidebox.lib.sensitivity

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	effective := sensitivity.effective[location.dataset]
	effective in never_public
	some reader in location.readers
	reader.principal in audience.unnamed
	finding := judge.by(
		judge.finding(info, id, sprintf(
			"%s can read %s data; %s",
			[audience.in_words(reader.principal), effective, sensitivity.cause(location.dataset)],
		)),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id, effective in sensitivity.effective
	effective in never_public
	"anyone" in audience.named[id]
	finding := judge.finding(info, id, sprintf(
		"%s data are declared for anyone; %s",
		[effective, sensitivity.cause(id)],
	))
}

declared_findings contains finding if {
	some id, effective in sensitivity.effective
	effective in never_public
	not "anyone" in audience.named[id] # said above already
	terms := input.datasets[id].public_terms
	count(terms) > 0
	finding := judge.finding(info, id, sprintf(
		"%s data are declared public in the terms %s; %s",
		[effective, concat(", ", terms), sensitivity.cause(id)],
	))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

# What is not known to be anything else may be identifiable.
never_public := {"identifiable", "unknown"}
