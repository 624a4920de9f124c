package views

import (
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// OffboardURL returns the page that offboards an account, given by username; POST does it.
func OffboardURL(user string) string { return UserURL(user) + "/offboard" }

// Offboard is the page of everything that ends when a person leaves.
type Offboard struct {
	org.OffboardView
	Sent  *org.Offboarding // as chosen in a refused form; nil: everything that is possible
	Names SourceNames
	Heirs map[string][]org.Member // by organization: who may take over; empty if there are too many to choose from
	Back  string
	Err   *org.Error
}

func (f Offboard) chosen(step func(*org.Offboarding) bool) bool { return f.Sent == nil || step(f.Sent) }

// removable returns the organizations that the account can be removed from.
func (f Offboard) removable() (list []org.OffboardHome) {
	for _, h := range f.Homes {
		if h.Refusal == "" {
			list = append(list, h)
		}
	}
	return list
}

// leaves names the organizations, with the roles that end and what will be given again.
func (f Offboard) leaves() string {
	text := ""
	for i, h := range f.removable() {
		if i > 0 {
			text += " · "
		}
		text += h.Organization.Label()
		if len(h.Roles) > 0 {
			text += " (" + ui.Join(refNames(h.Roles)) + ")"
		}
	}
	text += "."
	for _, h := range f.removable() {
		for _, r := range h.Synced {
			if !isMembership(r) {
				text += " " + ui.FirstOf(r.DisplayName, r.Role) + " comes from " + f.Names.of(r.Source) + ", which gives it again unless it is removed there."
			}
		}
	}
	return text
}

// stays names the organizations that the account stays in, "" if there are none.
func (f Offboard) stays() string {
	var names []string
	for _, h := range f.Homes {
		if h.Refusal != "" {
			names = append(names, h.Organization.Label())
		}
	}
	if f.Hidden > 0 {
		names = append(names, ui.Plural(f.Hidden, "organization")+" that you can’t see")
	}
	return ui.Join(names)
}

// without returns the organizations that would have no administrator.
func (f Offboard) without() (list []org.OffboardHome) {
	for _, h := range f.Homes {
		if h.LastAdmin {
			list = append(list, h)
		}
	}
	return list
}

// heir returns who takes over an organization, as entered.
func (f Offboard) heir(h org.OffboardHome) string {
	if f.Sent == nil {
		return ""
	}
	return f.Sent.HandOver[h.Organization.Name]
}

func (f Offboard) anchors() map[string]string {
	out := map[string]string{"reason": "reason", "suspend": "suspend"}
	for _, h := range f.without() {
		out["hand_over"] = "heir-" + h.Organization.Name
	}
	return out
}

// devices names the browsers that are signed in, each once.
func (f Offboard) devices() string {
	var list []string
	for _, agent := range f.Agents {
		if name := Device(agent); !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	const most = 5
	text := strings.Join(list[:min(len(list), most)], " · ")
	if more := len(list) - most; more > 0 {
		text += " and " + ui.Plural(more, "other")
	}
	return text + "."
}

func (f Offboard) tokenNames() string {
	const most = 5
	names := f.Tokens[:min(len(f.Tokens), most)]
	text := ui.Join(names)
	if more := len(f.Tokens) - most; more > 0 {
		text += " and " + ui.Plural(more, "other")
	}
	return text + ". Programs that use them stop working immediately."
}

func (f Offboard) reason() string {
	if f.Sent == nil {
		return ""
	}
	return f.Sent.Reason
}
