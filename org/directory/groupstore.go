package directory

import (
	"context"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/scim"
	"rolecall.example/org/unit"
)

// Storing writes one row for each person who joins or leaves, and no others.

// writes reports whether anything about the group itself is to be stored.
func (p *groupPlan) writes() bool { return p.changed || len(p.add)+len(p.remove) > 0 }

// applyGroup first stores what people gain and lose, each in an entry of its own, and last the group, whose entry is the receipt.
// A change that changes nothing is not stored, since directories repeat themselves.
func applyGroup(ctx context.Context, w *unit.Writer, p groupPlan) (scim.Resource, error) {
	w.Entry = unit.Entry{}
	for i := range p.directed {
		if err := p.directed[i].Store(ctx, w); err != nil {
			return p.resource, err
		}
	}
	switch {
	case p.in.deletes:
		w.Begin("delete", 204)
	case p.in.creates:
		w.Begin("create", 201)
	case !p.writes():
		w.Entry = unit.Entry{}
		return p.resource, nil
	default:
		w.Begin("write", 200)
	}
	w.About(groupType, p.row.ID, p.group.DisplayName, p.in.caller.Organization)
	return p.resource, p.store(ctx, w)
}

// store stores the group and its members. Its entry has only the numbers: what each person gained or lost has its own entry.
func (p *groupPlan) store(ctx context.Context, w *unit.Writer) error {
	if p.in.deletes {
		w.Field("display_name", p.row.DisplayName, nil)
		w.Field("external_id", p.row.ExternalID, nil)
		w.Field("removed", 0, len(p.remove))
		return w.W.DeleteDirectoryGroup(ctx, p.row.ID)
	}
	w.Field("display_name", p.row.DisplayName, p.group.DisplayName)
	w.Field("external_id", p.row.ExternalID, p.group.ExternalID)
	w.Field("added", 0, len(p.add))
	w.Field("removed", 0, len(p.remove))
	key, document := org.FoldCase(p.group.DisplayName), p.group.Document.JSON()
	var err error
	if p.in.creates {
		err = w.W.InsertDirectoryGroup(ctx, db.InsertDirectoryGroupParams{
			ID: p.row.ID, OrganizationID: p.row.OrganizationID, DisplayName: p.group.DisplayName, DisplayNameKey: key,
			ExternalID: p.group.ExternalID, Document: document, Now: w.Now,
		})
	} else {
		err = w.W.UpdateDirectoryGroup(ctx, db.UpdateDirectoryGroupParams{
			ID: p.row.ID, DisplayName: p.group.DisplayName, DisplayNameKey: key, ExternalID: p.group.ExternalID, Document: document, Now: w.Now,
		})
	}
	for _, id := range p.add {
		if err == nil {
			err = w.W.InsertDirectoryGroupMember(ctx, db.InsertDirectoryGroupMemberParams{GroupID: p.row.ID, SCIMUserID: id})
		}
	}
	for _, id := range p.remove {
		if err == nil {
			err = w.W.DeleteDirectoryGroupMember(ctx, db.DeleteDirectoryGroupMemberParams{GroupID: p.row.ID, SCIMUserID: id})
		}
	}
	return err
}
