# METADATA
# scope: package
# title: What data need of a place
package slidebox.lib.needs

import data.slidebox.lib.audience
import data.slidebox.lib.sensitivity

# METADATA
# title: Data about people who could be recognised, or about whom it is not known
of_people := {"identifiable", "coded", "unknown"}

# METADATA
# title: What a dataset needs in a term, with the reasons
of(id, term) := {capability: reasons |
	some capability, _ in wanted
	reasons := {reason | some reason in why(capability, id, term)}
	count(reasons) > 0
}

wanted := {
	"versioning": "earlier versions",
	"encryption": "encryption at rest",
	"own_key": "a key of the lab's own",
	"encrypted_transport": "encrypted transport",
	"public_access_block": "a block on public access",
	"account_public_access_block": "a block on public access for the whole account",
	"access_log": "a log of who read what",
}

# METADATA
# title: A capability in words
in_words(capability) := object.get(wanted, capability, replace(capability, "_", " "))

# METADATA
# title: What is said of a place that lacks something, or that is not known to have it
lack(has, capability) := sprintf("the store lacks %s", [in_words(capability)]) if {
	has == false
} else := sprintf("nothing says whether the store has %s", [in_words(capability)])

# METADATA
# title: Why a dataset needs something in a term
why("versioning", id, _) := {"raw images cannot be made again"} if {
	dataset := input.datasets[id]
	dataset.level == "raw_images"
	dataset.origin != "public"
}

why("encrypted_transport", id, _) := {"nothing travels in the clear"} if {
	input.datasets[id]
}

why("encryption", id, _) := closed(id)

why("access_log", id, _) := closed(id)

why("account_public_access_block", id, _) := closed(id)

why("own_key", id, _) := {reason} if {
	effective := sensitivity.effective[id]
	effective in of_people
	reason := sprintf("the data are %s: %s", [effective, sensitivity.cause(id)])
}

why("public_access_block", id, term) := {"it is not declared public in this term"} if {
	not audience.everyone(id, term)
}

closed(id) := {reason} if {
	effective := sensitivity.effective[id]
	effective != "open"
	reason := sprintf("the data are %s: %s", [effective, sensitivity.cause(id)])
}
