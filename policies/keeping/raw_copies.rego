# METADATA
# scope: package
# title: Raw images have two copies, and later three
# description: >-
#   Once raw images rest, two copies lie in two failure domains: what burns or is stolen together counts once. In the
#   long term there are three, one of them at another site. Raw images of public origin, and those that are streamed,
#   can be had again and need no second copy.
# custom:
#   id: keeping/raw_copies
#   severity: error
#   scope: [dataset]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.term
#     - location.store
#     - location.system
#     - location.failure_domain
#     - dataset.level
#     - dataset.origin
#     - dataset.keep
#     - store.site
#   cure: Add a store of another failure domain, for the long term one at another `site`, that takes this dataset.
#   references:
#     - Playbook, Figure 1, raw images rest on internal and external drives
#     - Playbook, section Flow, capabilities to quickly reprocess
#     - NIST SP 800-34 Rev. 1, 3.4.2, backups are stored offsite
package slidebox.keeping.raw_copies

import data.slidebox.lib.judge
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

copies_by_term := {"mid": 2, "long": 3}

sites_by_term := {"long": 2}

together_findings contains finding if {
	some subject, copies in held
	needed := copies_by_term[copies.term]
	count(copies.domains) < needed
	finding := judge.wanting(
		judge.finding(info, subject, sprintf(
			"raw images need %d copies in %d failure domains in the %s term; there %s",
			[needed, needed, copies.term, listed(object.keys(copies.domains))],
		)),
		wish(copies, needed),
	)
}

together_findings contains finding if {
	some subject, copies in held
	count(copies.domains) >= copies_by_term[copies.term]
	count(copies.sites) < sites_by_term[copies.term]
	finding := judge.wanting(
		judge.finding(info, subject, sprintf(
			"raw images need a copy at another site in the %s term; all are at %s",
			[copies.term, concat(", ", object.keys(copies.sites))],
		)),
		"another_site",
	)
}

together_findings contains finding if some finding in judge.unread_locations(info)

together_findings contains finding if some finding in judge.unread_datasets(info)

# One union brings the places of a dataset and term together; no join is needed.
held := object.union_n([{subject: copies} |
	some location in input.locations
	kept_safe(input.datasets[location.dataset])
	subject := sprintf("%s@%s", [location.dataset, location.term])
	places := {place | some place in place_of(location)}
	copies := {
		"term": location.term,
		"domains": {domain: null | some [domain, _] in places},
		"sites": {site: null | some [_, site] in places},
	}
])

place_of(location) := {[location.failure_domain, input.stores[location.store].site] |
	location.system != systems.deletion
}

kept_safe(dataset) if {
	dataset.level == "raw_images"
	dataset.origin != "public"
	dataset.keep != "stream"
}

# The last copy that is missing has to be the one elsewhere.
wish(copies, needed) := "another_site" if {
	count(copies.domains) == needed - 1
	count(copies.sites) < sites_by_term[copies.term]
} else := "another_copy"

listed(domains) := "is none" if count(domains) == 0

listed(domains) := sprintf("is one, in %s", [concat("", domains)]) if count(domains) == 1

listed(domains) := sprintf("are %d, in %s", [count(domains), concat(" and ", sort(domains))]) if count(domains) > 1
