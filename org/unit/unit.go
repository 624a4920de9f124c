// Package unit holds what every use case is built on: who asks and what they may do, one snapshot or one transaction of the
// data, the guard rails that no change may break, and the audit entry that each change leaves. Its API is for the use
// cases alone and may change without notice.
package unit

import (
	"time"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Options are the settings of Units. The zero value is what a server uses.
type Options struct {
	Now     func() time.Time // time.Now if nil
	Catalog *rbac.Catalog    // of a database that has none yet; rbac.Default() if nil

	Providers []string           // the ids of the sign-in providers of the settings; nil: not known
	Passwords org.PasswordPolicy // who may sign in with a password; all if ""

	Begin Begin // nil: no one is told of units
}

// Units runs the reads and writes of all use cases over one database. It is safe for concurrent use.
type Units struct {
	DB       *db.DB
	clock    func() time.Time
	Memory   memory
	catalogs catalogs
	refused  refusalCounts
	oldNames oldNames
	changed  func() // see OnChange

	providers []string
	passwords org.PasswordPolicy
	begin     Begin
	mails     bool // they are sent
}

// New makes the units of work over an open database.
func New(d *db.DB, o Options) *Units {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Catalog == nil {
		o.Catalog = rbac.Default()
	}
	return &Units{DB: d, clock: o.Now, catalogs: catalogs{first: o.Catalog}, providers: o.Providers, passwords: o.Passwords, begin: o.Begin}
}
