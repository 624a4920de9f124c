package directory

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Tokens of directories are a separate kind, with their own table and check: none of them opens the API, and no API token
// opens a directory. Two may exist at once, so that one can replace the other without a gap.
// The secret is only in the answer, and only its hash in the database: a backup is useless to those who read it. The trail has
// the id of a token, which tells the tokens of a directory apart, and when it ends.

// CreateToken makes a token with which the directory of an organization sends requests, and sets the directory up if it is the
// first. Only the answer has the token. Forbidden: needs idpsync_settings:update, the rights to add and remove members, and
// those to give each role that a rule gives: the holder of the token decides who is in a group. Invalid: what is wrong with the
// input. Conflict: there are two tokens already. NotFound: no such organization.
func (s *Service) CreateToken(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.NewDirectoryToken]) (t org.DirectoryToken, err error) {
	defer org.Wrap(&err, "make a token for the directory of %q", organization)
	t, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "create", minting{organization, input}, planToken, applyToken)
	return t, err
}

// minting asks for a token.
type minting struct {
	organization string
	input        org.Input[org.NewDirectoryToken]
}

// minted is the decision about a token.
type minted struct {
	directory db.Directory
	made      bool
	token     org.DirectoryToken
	hash      []byte
}

// planToken checks permissions first: to change the directory, to add and remove members, and to give every role that its rules
// give. Otherwise a token would be a way to do what its creator could not.
func planToken(ctx context.Context, a *unit.Attempt, in minting) (p minted, err error) {
	o, err := a.Organization(ctx, a.Actor, in.organization)
	if err != nil {
		return p, err
	}
	switch {
	case !a.Actor.Can("update", settingsOf(o.ID)):
		return p, org.ErrForbidden("idpsync_settings:update")
	case !unit.MayAddMembers(a.Actor, o.ID):
		return p, org.ErrForbidden(unit.PermissionsToAdd...)
	case !a.Actor.Can("delete", org.MembersObject(o.ID)):
		return p, org.ErrForbidden("organization_member:delete")
	}
	wanted, err := in.input.Read()
	if err == nil {
		err = wanted.Check()
	}
	if err != nil {
		return p, err
	}
	a.Aside()
	a.About(directoryType, o.ID, o.Name, o.ID)
	m, err := mappingOf(ctx, a, o.ID)
	if err != nil {
		return p, err
	}
	if err := mayMap(a.Actor, o.ID, m.set, m.rules, func(int) string { return "roles" }); err != nil {
		return p, err
	}
	if p.directory, p.made, err = directoryOf(ctx, a, o, nil); err != nil {
		return p, err
	}
	stored, err := a.Q.ListDirectoryTokens(ctx, o.ID)
	if err != nil {
		return p, err
	}
	live := 0
	for _, t := range stored {
		if t.ExpiresAt.After(a.Now) {
			live++
		}
	}
	if live >= org.MaxDirectoryTokens {
		return p, &org.Error{Kind: org.Conflict, Message: "The directory has two tokens already.", Detail: "Delete the one that it no longer uses."}
	}
	p.token = org.DirectoryToken{
		ID: unit.NewID(), MakerID: a.Actor.ID(), Maker: a.Actor.User.Username, CreatedAt: a.Now, ExpiresAt: a.Now.Add(wanted.Lifetime),
	}
	p.token.Secret, p.hash = newToken(p.token.ID)
	a.About(directoryType, o.ID, p.directory.Slug, o.ID)
	return p, nil
}

// applyToken makes room for the token by deleting those that have ended.
func applyToken(ctx context.Context, w *unit.Writer, p minted) (org.DirectoryToken, error) {
	if p.made {
		if err := insert(ctx, w, p.directory); err != nil {
			return p.token, err
		}
	}
	t, place := &p.token, p.directory.OrganizationID
	w.Status = 201
	w.Field("token", nil, t.ID)
	w.Field("expires_at", nil, t.ExpiresAt)
	if err := w.W.DeleteEndedDirectoryTokens(ctx, db.DeleteEndedDirectoryTokensParams{OrganizationID: place, Now: w.Now}); err != nil {
		return p.token, err
	}
	return p.token, w.W.InsertDirectoryToken(ctx, db.InsertDirectoryTokenParams{
		ID: t.ID, OrganizationID: place, SecretHash: p.hash, CreatedBy: unit.NullID(t.MakerID), CreatedByName: t.Maker, Now: t.CreatedAt, ExpiresAt: t.ExpiresAt,
	})
}

// RevokeToken ends a token. Forbidden: needs idpsync_settings:update. NotFound: no such organization or token.
func (s *Service) RevokeToken(ctx context.Context, subject *org.Actor, organization, id string) (err error) {
	defer org.Wrap(&err, "revoke token %q of the directory of %q", id, organization)
	_, _, err = unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "delete", revoking{organization, id}, planRevocation, applyRevocation)
	return err
}

// revoking asks to end a token.
type revoking struct{ organization, id string }

// planRevocation needs no right to add members: removing a way in only reduces access.
func planRevocation(ctx context.Context, a *unit.Attempt, in revoking) (t db.GetDirectoryTokenRow, err error) {
	o, err := a.Organization(ctx, a.Actor, in.organization)
	if err != nil {
		return t, err
	}
	if !a.Actor.Can("update", settingsOf(o.ID)) {
		return t, org.ErrForbidden("idpsync_settings:update")
	}
	id, err := uuid.Parse(in.id)
	if err != nil {
		return t, org.ErrNotFound()
	}
	if t, err = a.Q.GetDirectoryToken(ctx, id); db.IsNotFound(err) || err == nil && t.OrganizationID != o.ID {
		return t, org.ErrNotFound()
	}
	a.Aside()
	a.About(directoryType, o.ID, t.Slug, o.ID)
	return t, err
}

// applyRevocation leaves the people as they are: what a directory gave stays until the directory or a person takes it away.
func applyRevocation(ctx context.Context, w *unit.Writer, t db.GetDirectoryTokenRow) (none struct{}, err error) {
	w.Status = 204
	w.Field("token", t.ID, nil)
	return none, w.W.DeleteDirectoryToken(ctx, db.DeleteDirectoryTokenParams{ID: t.ID, OrganizationID: t.OrganizationID})
}

// tokenOf converts a stored token, without the secret's hash.
func tokenOf(t db.DirectoryToken) org.DirectoryToken {
	return org.DirectoryToken{
		ID: t.ID, MakerID: t.CreatedBy.UUID, Maker: t.CreatedByName, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsed: timeOf(t.LastUsed),
	}
}
