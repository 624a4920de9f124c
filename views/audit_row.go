package views

import (
	"slices"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// auditRow is one line of the log: an entry, or everything that one request did, which may be of several kinds.
type auditRow struct {
	org.AuditEntry                  // the one that the line is about
	kinds          []org.AuditEntry // one entry of each kind, with how many there are
	parts          []org.AuditEntry // the newest entries, which an open line lists
	total          int
}

func rowOf(e org.AuditEntry) auditRow {
	r := auditRow{AuditEntry: e, total: 1}
	r.add(e)
	return r
}

func (r *auditRow) add(e org.AuditEntry) {
	r.kinds = append(r.kinds, e)
	if e.Batch == nil {
		r.parts = append(r.parts, e)
	} else {
		r.parts = append(r.parts, e.Batch.First...)
	}
	r.total = 0
	for _, k := range r.kinds {
		r.total += entriesOf(&k)
	}
}

// entriesOf returns how many entries an entry stands for.
func entriesOf(e *org.AuditEntry) int {
	if e.Batch == nil {
		return 1
	}
	return e.Batch.Entries
}

// takes adds an entry to the line if the same request wrote it. The line is then about what can be undone, or otherwise
// about the most frequent kind.
func (r *auditRow) takes(e *org.AuditEntry) bool {
	if e.RequestID == "" || e.RequestID != r.RequestID || !e.Time.Equal(r.Time) || e.ActorID != r.ActorID || e.Actor != r.Actor || e.IsRefusal() || r.IsRefusal() {
		return false
	}
	r.add(*e)
	if weight(e) > weight(&r.AuditEntry) {
		r.AuditEntry = *e
	}
	return true
}

func weight(e *org.AuditEntry) int {
	if e.CanUndo() {
		return entriesOf(e) << 32
	}
	return entriesOf(e)
}

// offboarded returns the entry of the account that an offboarding suspended, nil if the line is about something else.
func (r *auditRow) offboarded() *org.AuditEntry {
	if len(r.kinds) < 2 {
		return nil
	}
	for i := range r.kinds {
		if k := &r.kinds[i]; k.Batch == nil && k.OfStatus() && k.Diff["status"].New == string(org.StatusSuspended) {
			return k
		}
	}
	return nil
}

// line is what a line of the log says.
type line struct {
	before, target, url, after string
	names                      bool // the target is one person or thing, not a number of them
}

// said describes a line in words.
func (a Audit) said(r *auditRow) line {
	if k := r.offboarded(); k != nil {
		return line{"offboarded", k.ResourceTarget, a.targetURL(*k), "", true}
	}
	l := a.of(&r.AuditEntry)
	if more := r.total - entriesOf(&r.AuditEntry); more > 0 {
		l.after += " and made " + ui.Plural(more, "more change")
	}
	return l
}

// of describes an entry, together with those that it stands for.
func (a Audit) of(e *org.AuditEntry) line {
	s := a.sentence(*e)
	l := line{s.before, e.ResourceTarget, a.targetURL(*e), s.after, true}
	if e.Action == "login" || e.Action == "logout" {
		l.target = ""
	}
	if e.Batch == nil {
		return l
	}
	n, noun := e.Batch.Entries, "person"
	differ := func(of func(*org.AuditEntry) string) bool {
		return slices.ContainsFunc(e.Batch.First, func(x org.AuditEntry) bool { return of(&x) != of(e) })
	}
	switch e.ResourceType {
	case "organization_member", "user":
		if differ(func(x *org.AuditEntry) string { return a.sentence(*x).before }) {
			l.before = map[bool]string{true: "changed the roles of", false: "changed the account of"}[e.ResourceType == "organization_member"]
		}
	case "api_key":
		if !differ(func(x *org.AuditEntry) string { return x.ResourceID }) {
			l.after += " " + ui.Plural(n, "time")
			return l
		}
	default:
		l.before, noun = actionOf(e.Action).past, kindNoun(e.ResourceType)
	}
	return line{l.before, ui.Plural(n, noun), "", "at once" + padded(l.after), false}
}

// part describes one of several entries; if the line already says what happened to all, only whom it happened to.
func (a Audit) part(r *auditRow, e org.AuditEntry) line {
	e.Batch = nil
	l := a.of(&e)
	if len(r.kinds) == 1 && l.before == a.said(r).before {
		l.before, l.after = "", ""
	}
	return l
}

func padded(text string) string {
	if text == "" {
		return ""
	}
	return " " + text
}

// undo returns the URL that undoes a line, "" if the caller may not.
func (a Audit) undo(r *auditRow) string {
	i := slices.IndexFunc(r.kinds, func(e org.AuditEntry) bool { return e.CanUndo() && a.CanUndo != nil && a.CanUndo(&e) })
	switch {
	case i < 0:
		return ""
	case r.total > 1:
		return UndoBatchURL(r.kinds[i].ID.String())
	}
	return UndoURL(r.kinds[i].ID.String())
}

// restURL returns the list of all entries of a line that does not show them all, "" if it does.
func (a Audit) restURL(r *auditRow) string {
	if len(r.parts) >= r.total {
		return ""
	}
	return AuditURL(org.FormatQuery([]org.QueryTerm{{Key: "request_id", Value: r.RequestID}}), a.Organization)
}
