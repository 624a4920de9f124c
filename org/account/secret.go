package account

import (
	"context"
	"crypto/rand"

	"rolecall.example/db"
	"rolecall.example/org"
)

// tagKeyName is the name under which the secret of the tags is stored, and tagKeyBytes is its length.
const (
	tagKeyName  = "etag"
	tagKeyBytes = 32
)

// TagKey returns the secret that the tags of answers are made with. The first server of a database makes it and all use it, so
// that a client may ask any of them whether its copy is still current. It is no unit: a server does this by itself before it
// answers anyone, and nothing that people see changes.
func (s *Service) TagKey(ctx context.Context) (key []byte, err error) {
	defer org.Wrap(&err, "read the secret of the tags")
	if key, err = s.units.DB.GetSecret(ctx, tagKeyName); !db.IsNotFound(err) {
		return key, err
	}
	err = s.units.DB.WriteIn(ctx, db.OnSite, func(tx *db.Tx) error {
		made := make([]byte, tagKeyBytes)
		_, _ = rand.Read(made) // it never fails
		err := tx.Writes().InsertSecret(ctx, db.InsertSecretParams{Name: tagKeyName, Value: made, Now: s.units.Now()})
		if err == nil { // another server may have been first
			key, err = tx.Reads().GetSecret(ctx, tagKeyName)
		}
		return err
	})
	return key, err
}
