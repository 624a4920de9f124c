package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// DismissFindings hides findings about the roles of an organization for 90 days. Dismissing a finding again restarts the 90 days.
// NotFound: as Lint. Forbidden: a finding about a role needs assign_org_role:update; one about a member needs
// assign_org_role:unassign and every permission that the member has there; the caller can't dismiss findings about themselves.
// Invalid: the reason is missing, or there is no such finding.
func (s *Service) DismissFindings(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.Dismissing]) (_ org.Dismissal, _ org.Receipt, err error) {
	defer org.Wrap(&err, "dismiss findings in %q", organization)
	return unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "create", dismissing{organization, input}, planDismissal, applyDismissal)
}

// dismissing asks to dismiss findings.
type dismissing struct {
	organization string
	input        org.Input[org.Dismissing]
}

// dismissal is what was decided.
type dismissal struct {
	org.Dismissal
	home  unit.RoleScope
	found []org.LintFinding
	gives string // JSON
}

func planDismissal(ctx context.Context, a *unit.Attempt, in dismissing) (d dismissal, err error) {
	if d.home, err = a.FindingScope(ctx, a.Actor, in.organization); err != nil {
		return d, err
	}
	d.ID = unit.NewID()
	a.About(org.DismissalType, d.ID, d.home.Org.DisplayName, d.home.Org.ID)
	if !d.home.MayDismiss(a.Actor) {
		return d, d.home.Forbidden("update")
	}
	wanted, err := in.input.Read()
	if err != nil {
		return d, err
	}
	if err := checkDismissing(a, &wanted); err != nil {
		return d, err
	}
	d.found = wanted.Found
	a.About(org.DismissalType, d.ID, dismissedNames(d.found), d.home.Org.ID)
	if err := mayDismissAll(ctx, a, d.home, d.found); err != nil {
		return d, err
	}
	n, err := a.Q.CountDismissedFindings(ctx, d.home.Org.ID)
	if err != nil {
		return d, err
	}
	for i := range d.found {
		if d.found[i].Dismissal == nil { // one that is dismissed again is counted already
			n++
		}
	}
	if n > org.MostDismissed {
		return d, org.ErrInvalid(fmt.Sprintf("At most %d findings can be dismissed at a time.", org.MostDismissed), "Bring some of them back, or repair them.")
	}
	gives, err := json.Marshal(wanted.Gives)
	d.gives, d.Reason, d.At, d.Until, d.Findings = string(gives), wanted.Reason, a.Now, a.Now.Add(org.DismissedFor), len(d.found)
	d.Place, d.By, d.ByName = d.home.Org.ID, a.Actor.User.Username, a.Actor.User.Label()
	return d, err
}

// checkDismissing reports everything that is wrong with a request.
func checkDismissing(a *unit.Attempt, in *org.Dismissing) error {
	var bad org.FieldErrors
	terms := org.Terms{Reason: in.Reason}
	if terms.Check(a.Now, &bad); terms.Reason == "" {
		bad.Add("reason", "must say why")
	}
	in.Reason = terms.Reason
	if len(in.Findings) == 0 {
		bad.Add("findings", "must name at least one")
	}
	for i, id := range in.Findings {
		if !slices.ContainsFunc(in.Found, func(f org.LintFinding) bool { return f.ID == id }) {
			bad.Add(fmt.Sprintf("findings[%d]", i), "is not a finding of this organization, or no longer")
		}
	}
	return bad.Err("Nothing was dismissed.")
}

// mayDismissAll checks each finding against what people hold now. One that the caller may not dismiss refuses the whole request.
func mayDismissAll(ctx context.Context, a *unit.Attempt, h unit.RoleScope, found []org.LintFinding) error {
	var ids []uuid.UUID
	for _, f := range found {
		if f.UserID != uuid.Nil && !slices.Contains(ids, f.UserID) {
			ids = append(ids, f.UserID)
		}
	}
	rows, err := membersByID(ctx, a.Reader, h.Org.ID, ids)
	if err != nil {
		return err
	}
	set, err := a.Roles(ctx, h.Org.ID)
	if err != nil {
		return err
	}
	held := make(map[uuid.UUID]string, len(rows))
	for _, r := range rows {
		held[r.UserID] = r.Roles
	}
	for i := range found {
		if refusal := a.DismissalRefusal(a.Actor, h, &found[i], set.Held(set.Refs(held[found[i].UserID]))); refusal != nil {
			return refusal
		}
	}
	return nil
}

// dismissedNames names what the findings are about, for the audit trail.
func dismissedNames(found []org.LintFinding) string {
	var names []string
	for i := range found {
		if name := found[i].Subject(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 1 {
		return names[0]
	}
	return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
}

func applyDismissal(ctx context.Context, w *unit.Writer, d dismissal) (org.Dismissal, error) {
	if err := w.W.DeleteEndedDismissals(ctx, db.DeleteEndedDismissalsParams{OrganizationID: d.home.Org.ID, Now: w.Now}); err != nil {
		return d.Dismissal, err
	}
	err := w.W.InsertDismissal(ctx, db.InsertDismissalParams{
		ID: d.ID, OrganizationID: d.home.Org.ID, Reason: d.Reason, DismissedBy: unit.NullID(w.Actor.ID()), DismissedByName: d.ByName,
		Now: d.At, EndsAt: d.Until, Gives: d.gives,
	})
	if err != nil {
		return d.Dismissal, err
	}
	told := make([]string, len(d.found))
	for i := range d.found {
		f := &d.found[i]
		told[i] = dismissedFinding(f)
		err := w.W.InsertDismissedFinding(ctx, db.InsertDismissedFindingParams{
			OrganizationID: d.home.Org.ID, Finding: f.ID, DismissalID: d.ID, Rule: f.Rule,
			RoleID: unit.NullID(f.RoleID), UserID: unit.NullID(f.UserID), Roles: unit.SpaceJoined(f.Roles), People: int64(f.People),
		})
		if err != nil {
			return d.Dismissal, err
		}
	}
	w.Field("findings", nil, told)
	w.Field("reason", nil, d.Reason)
	w.Field("until", nil, d.Until)
	return d.Dismissal, nil
}

// dismissedFinding describes a finding for the audit trail: its rule and what it is about.
func dismissedFinding(f *org.LintFinding) string {
	parts := []string{f.Rule}
	if f.Member != nil {
		parts = append(parts, f.Member.Username)
	}
	if f.Role.Name != "" {
		parts = append(parts, f.Role.Name)
	}
	if f.Permission.Action != "" {
		parts = append(parts, f.Permission.String())
	}
	return strings.Join(parts, " ")
}

// BringBackFindings ends a dismissal, so that its findings are open again. NotFound: as Lint, or there is no such dismissal.
// Forbidden: the caller may not dismiss any findings there.
func (s *Service) BringBackFindings(ctx context.Context, subject *org.Actor, organization, id string) (err error) {
	defer org.Wrap(&err, "bring back the findings of dismissal %q in %q", id, organization)
	_, _, err = unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "delete", bringingBack{organization, unit.ParseID(id)}, planBringBack, applyBringBack)
	return err
}

// bringingBack asks to end a dismissal.
type bringingBack struct {
	organization string
	id           uuid.UUID
}

// planBringBack needs fewer rights than dismissing: it only shows again what the caller could read all along.
func planBringBack(ctx context.Context, a *unit.Attempt, in bringingBack) (d org.Dismissal, err error) {
	h, err := a.FindingScope(ctx, a.Actor, in.organization)
	if err != nil {
		return d, err
	}
	row, err := a.Q.GetDismissal(ctx, db.GetDismissalParams{ID: in.id, OrganizationID: h.Org.ID, Now: a.Now})
	if db.IsNotFound(err) {
		return d, org.ErrNotFound()
	}
	if err != nil {
		return d, err
	}
	a.Entry.Action, a.Entry.Status = "delete", 204
	a.About(org.DismissalType, in.id, h.Org.DisplayName, h.Org.ID)
	if !h.MayDismiss(a.Actor) {
		return d, h.Forbidden("update")
	}
	d = unit.DismissalOf(row.ID, row.Reason, row.DismissedByName, row.Username.String, row.Name.String, row.CreatedAt, row.EndsAt)
	d.Place, d.Findings = h.Org.ID, int(row.Findings)
	return d, nil
}

func applyBringBack(ctx context.Context, w *unit.Writer, d org.Dismissal) (org.Dismissal, error) {
	w.Field("reason", d.Reason, nil)
	return d, w.W.DeleteDismissal(ctx, d.ID)
}

// undoDismissal undoes the dismissal in an entry. Callers who may not read the findings don't learn that there were any.
func undoDismissal(ctx context.Context, a *unit.Attempt, e db.AuditLog) (d org.Dismissal, err error) {
	in := bringingBack{e.OrganizationID.UUID.String(), unit.ParseID(e.ResourceID)}
	if _, err := a.FindingScope(ctx, a.Actor, in.organization); err != nil {
		return d, err
	}
	if e.StatusCode >= 400 {
		return d, errNothingHappened
	}
	d, err = planBringBack(ctx, a, in)
	if org.KindOf(err) == org.NotFound {
		return d, changedSince("The findings are no longer dismissed.")
	}
	return d, err
}
