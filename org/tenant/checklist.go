package tenant

import (
	"context"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// checklistChange asks to hide the list of first steps of an organization, or to show it again.
type checklistChange struct {
	organization string
	input        org.Input[bool]
}

// checklistState says whether to hide the list, and in changed whether that differs from what is stored.
type checklistState struct {
	row     db.Organization
	hidden  bool
	changed bool
}

// HideChecklist hides the list of first steps of an organization from everyone, or shows it again. NotFound: no such
// organization. Forbidden: needs organization:update.
func (s *Service) HideChecklist(ctx context.Context, subject *org.Actor, organization string, input org.Input[bool]) (o org.Organization, err error) {
	defer org.Wrap(&err, "hide the first steps of %q", organization)
	in := checklistChange{organization, input}
	o, _, err = unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "write", in, planChecklist, applyChecklist)
	return o, err
}

func planChecklist(ctx context.Context, a *unit.Attempt, in checklistChange) (c checklistState, err error) {
	if c.row, err = organizationToChange(ctx, a, in.organization, "update"); err != nil {
		return c, err
	}
	c.hidden, err = in.input.Read()
	c.changed = c.hidden != c.row.ChecklistHidden
	return c, err
}

func applyChecklist(ctx context.Context, w *unit.Writer, c checklistState) (org.Organization, error) {
	o := unit.OrganizationOf(c.row)
	if !c.changed {
		return o, nil
	}
	w.Field("checklist_hidden", c.row.ChecklistHidden, c.hidden)
	return o, w.W.HideChecklist(ctx, db.HideChecklistParams{Hidden: c.hidden, ID: c.row.ID})
}
