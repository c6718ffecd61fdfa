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
	some [id, reader] in audience.unnamed_readers
	dataset := input.locations[id].dataset
	effective := sensitivity.effective[dataset]
	effective in sensitivity.recognisable
	finding := judge.by(
		judge.finding(info, id, sprintf(
			"%s can read %s data; %s",
			[audience.in_words(reader.principal), effective, sensitivity.cause(dataset)],
		)),
		reader.path,
	)
}

location_findings contains finding if some finding in judge.unread_locations(info)

declared_findings contains finding if {
	some id, effective in sensitivity.effective
	effective in sensitivity.recognisable
	"anyone" in audience.named[id]
	finding := judge.finding(info, id, sprintf(
		"%s data are declared for anyone; %s",
		[effective, sensitivity.cause(id)],
	))
}

declared_findings contains finding if {
	some id, effective in sensitivity.effective
	effective in sensitivity.recognisable
	not "anyone" in audience.named[id] # said above already
	terms := input.datasets[id].public_terms
	count(terms) > 0
	finding := judge.finding(info, id, sprintf(
		"%s data are declared public in the terms %s; %s",
		[effective, concat(", ", terms), sensitivity.cause(id)],
	))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)
