package views

import (
	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// personURL is the page of a member of an organization, or of an account for "".
func personURL(organization, username string) string {
	if organization == "" {
		return UserURL(username)
	}
	return MemberURL(organization, username)
}

// silent reports whether a change makes no difference to anyone's rights.
func silent(i org.Impact) bool {
	return len(i.Gains)+len(i.Losses)+len(i.KeptByOtherRoles)+i.WithoutRoles == 0
}

// affected is the sentence before the lines of an impact.
func affected(i org.Impact) string {
	switch {
	case i.Members == 0:
		return "No one has this role, so no one is affected."
	case i.Affected == 0:
		return "No one’s access changes (" + ui.Plural(i.Members, "person") + " checked)."
	}
	how := "gain or lose"
	switch {
	case len(i.Losses) == 0 && len(i.Gains) > 0:
		how = "gain"
	case len(i.Gains) == 0 && len(i.Losses) > 0:
		how = "lose"
	}
	if i.Affected == 1 {
		how = map[string]string{"gain": "gains", "lose": "loses", "gain or lose": "gains or loses"}[how]
	}
	return ui.Plural(i.Affected, "person") + " " + how + " access immediately."
}
