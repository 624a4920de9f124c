package unit

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Writer stores what a plan has decided: what an apply is given. It reads nothing, so nothing is decided here.
type Writer struct {
	W     db.Writes
	Actor *org.Actor
	Now   time.Time
	Entry // what is being written; it begins as the plan left it

	scope   db.Scope
	lapsed  map[standing]bool // memberships that have ended and are still stored
	mails   bool              // they are sent
	moved   bool
	head    db.Revision // of the scope, with the entries that have been recorded
	entries int64       // how many those are
	last    uuid.UUID   // the newest of them
	news    news
	floor   int64 // see Raise
}

// About names what the entry is about. A change that is really several has an entry for each.
func (w *Writer) About(resourceType string, id uuid.UUID, target string, organization uuid.UUID) {
	w.about(resourceType, id, target, organization)
	w.moved = w.moved || elsewhere(w.scope, organization)
}

// Begin begins another entry.
func (w *Writer) Begin(action string, status int) { w.Entry = Entry{Action: action, Status: status} }

// Record stores the entry at the end of the chain of the scope, and begins another one of the same action. An entry that is
// about nothing has been stored already. Each entry holds a hash of itself and of the one before it, so editing, removing or
// inserting a row later breaks the chain there. The unit records the last entry, and finish stores where the chain ends.
func (w *Writer) Record(ctx context.Context) error {
	switch {
	case w.ResourceType == "":
		return nil
	case w.head.Value == 0: // there is no such organization
		return errElsewhere
	case w.Fields == nil:
		w.Fields = map[string]org.AuditChange{}
	}
	changes, err := json.Marshal(w.Fields)
	if err != nil {
		return err
	}
	row := db.InsertAuditLogParams{
		ID: NewID(), Time: w.Now,
		OrganizationID: NullID(w.organization),
		ResourceType:   w.ResourceType, ResourceID: w.id, ResourceTarget: w.target,
		Action: w.Action, StatusCode: int64(w.Status), Changes: string(changes),
		Chain: w.scope.Organization(), ChainSeq: w.head.AuditSeq + 1,
	}
	if w.Actor != nil {
		r := w.Actor.Request
		row.ActorID, row.Actor = NullID(w.Actor.ID()), w.Actor.User.Username
		row.RequestID, row.IP, row.UserAgent, row.TokenID = r.ID, r.IP, r.UserAgent, w.Actor.TokenID
	}
	row.Hash = EntryHash(w.head.AuditHash, row)
	if err := w.W.InsertAuditLog(ctx, row); err != nil {
		return err
	}
	w.head.AuditSeq, w.head.AuditHash = row.ChainSeq, row.Hash
	w.entries, w.last = w.entries+1, row.ID
	w.Begin(w.Action, 200)
	return nil
}

// finish stores the new state of the scope: where its chain ends, and its revision, which moves if lists and decisions
// may come out differently.
func (w *Writer) finish(ctx context.Context, moves, roles bool) error {
	if w.entries == 0 && !moves {
		return nil
	}
	if w.head.Value == 0 { // there is no such organization
		return errElsewhere
	}
	p := db.UpdateRevisionParams{
		OrganizationID: w.scope.Organization(), ValueBefore: w.head.Value, Value: w.head.Value, Roles: w.head.Roles,
		SeqBefore: w.head.AuditSeq - w.entries, Seq: w.head.AuditSeq, Hash: w.head.AuditHash,
	}
	if moves { // from the clock: after a backup is restored, no revision comes back with another meaning
		p.Value = max(w.head.Value+1, w.Now.UnixMicro(), w.floor)
	}
	if moves && roles {
		p.Roles = p.Value
	}
	w.head.Value = p.Value
	if moves {
		if err := w.tell(ctx, p.ValueBefore); err != nil {
			return err
		}
	}
	return w.W.UpdateRevision(ctx, p)
}

// NewID makes a unique id. Ids made at about the same time sort next to each other, which keeps the indexes compact.
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// Unlink ends the password link of an account.
func (w *Writer) Unlink(ctx context.Context, user uuid.UUID) error {
	w.Secret("revoked_password_link")
	_, err := w.W.DeletePasswordLink(ctx, user)
	return err
}

// Revoke ends a token.
func (w *Writer) Revoke(ctx context.Context, id, name string) error {
	w.Action, w.Status = "delete", 204
	w.Field("token_name", name, nil)
	w.Field("token_id", id, nil)
	return w.W.DeleteAPIKey(ctx, id)
}

// InsertOrganization stores a new organization.
func (w *Writer) InsertOrganization(ctx context.Context, o db.Organization) error {
	w.news.begun = append(w.news.begun, o.ID)
	return w.W.InsertOrganization(ctx, db.InsertOrganizationParams{
		ID: o.ID, Name: o.Name, NameKey: o.NameKey, DisplayName: o.DisplayName,
		Description: o.Description, Icon: o.Icon, IsDefault: o.IsDefault, Now: w.Now,
	})
}

// DeleteOrganization deletes an organization.
func (w *Writer) DeleteOrganization(ctx context.Context, id uuid.UUID) error {
	w.news.ended = append(w.news.ended, id)
	return w.W.DeleteOrganization(ctx, id)
}

// SetStatus stores the status of an account that had another one.
func (w *Writer) SetStatus(ctx context.Context, user uuid.UUID, before, after org.Status) error {
	if before == org.StatusSuspended || after == org.StatusSuspended {
		w.news.accounts = append(w.news.accounts, user)
	}
	return w.W.UpdateStatus(ctx, db.UpdateStatusParams{Status: string(after), Now: w.Now, ID: user})
}

// DeleteUser deletes an account. Its memberships are deleted with it, so the feed is told of them first.
func (w *Writer) DeleteUser(ctx context.Context, user uuid.UUID) error {
	if err := w.tellOfAccount(ctx, user, true); err != nil {
		return err
	}
	return w.W.DeleteUser(ctx, user)
}

// Raise moves every revision and every position of the feed to a floor, or past its present value if that is higher, so that
// everything seen of the data that was there before is older.
func (w *Writer) Raise(ctx context.Context, floor int64) error {
	w.floor = max(floor, w.Now.UnixMicro())
	if err := w.W.RaiseRevisions(ctx, w.floor); err != nil {
		return err
	}
	return w.W.RaiseFeed(ctx, w.floor)
}

// StoreSiteRoles stores which site roles an account gains and loses.
func (w *Writer) StoreSiteRoles(ctx context.Context, h org.HolderChange) error {
	for _, name := range h.Unedited(h.Dropped()) {
		if err := w.W.DeleteUserRole(ctx, db.DeleteUserRoleParams{UserID: h.User, Role: name}); err != nil {
			return err
		}
	}
	for _, name := range h.Unedited(h.Given()) {
		if err := w.StoreSiteRecord(ctx, h.User, name, h.Origin); err != nil {
			return err
		}
	}
	if err := w.storeSiteEdits(ctx, &h); err != nil {
		return err
	}
	w.Field("rbac_roles", h.Stored(), h.After)
	return w.W.TouchUser(ctx, db.TouchUserParams{Now: w.Now, ID: h.User})
}
