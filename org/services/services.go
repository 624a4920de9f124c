// Package services combines the use cases over one database, for a program that serves them.
package services

import (
	"cmp"
	"io"
	"log/slog"
	"time"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/directory"
	"rolecall.example/org/factor"
	"rolecall.example/org/feed"
	"rolecall.example/org/idpsync"
	"rolecall.example/org/insight"
	"rolecall.example/org/invite"
	"rolecall.example/org/signin"
	"rolecall.example/org/signing"
	"rolecall.example/org/snapshots"
	"rolecall.example/org/tenant"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

type (
	// Account is the part of a Service that is about accounts.
	Account = account.Service
	// Insight is the part that only reads: who may do what, and the audit trail.
	Insight = insight.Service
	// Tenant is the part that is about organizations, their members and roles.
	Tenant = tenant.Service
)

// Service has every use case.
type Service struct {
	*Account
	*Insight
	*Tenant
	Invite    *invite.Service    // invitations
	SignIn    *signin.Service    // signing in with providers
	Sync      *idpsync.Service   // what the claims of providers give
	Directory *directory.Service // directories of companies
	Signing   *signing.Service   // the keys that documents and rights are signed with
	Snapshots *snapshots.Service // the documents from which applications decide for themselves
	Feed      *feed.Hub          // what changes, as it does
}

// Options are the settings of a Service. The zero value gives a server's defaults.
type Options struct {
	Now              func() time.Time // time.Now if nil
	Catalog          *rbac.Catalog    // rbac.Default() if nil
	MaxTokenLifetime time.Duration    // a year if 0
	SessionLifetime  time.Duration    // of the tokens that a login over the API gets; a day if 0
	HashCost         org.HashCost     // of new password hashes; two passes over 19 MiB if zero
	Vault            *factor.Vault    // seals the seeds of authenticator apps; nil: none can be set up
	Passkeys         *factor.Passkeys // those of the site; nil: there are none
	Heartbeat        time.Duration    // between two heartbeats of the feed; 5 s if 0
	Log              *slog.Logger     // for failures outside a request; slog.Default() if nil

	Providers []string           // ids of the providers that people may sign in with; nil: unknown
	Passwords org.PasswordPolicy // who may sign in with a password; all if ""

	Begin unit.Begin // called for each unit of a use case; may be nil
}

// VerifyAuditExport is insight.VerifyExport, for a program with a file and no database.
func VerifyAuditExport(in io.Reader, root string) (e org.AuditExport, problem string, err error) {
	return insight.VerifyExport(in, root)
}

// New returns the use cases over an open database.
func New(d *db.DB, o Options) *Service {
	u := unit.New(d, unit.Options{Now: o.Now, Catalog: o.Catalog, Providers: o.Providers, Passwords: o.Passwords, Begin: o.Begin})
	keys := signing.New(u)
	accounts := account.New(u, account.Options{
		MaxTokenLifetime: o.MaxTokenLifetime, SessionLifetime: o.SessionLifetime, HashCost: o.HashCost, Log: o.Log, Passwords: o.Passwords, Vault: o.Vault,
		Passkeys: o.Passkeys,
	})
	invites, syncs := invite.New(u, accounts, invite.Options{Log: o.Log}), idpsync.New(u)
	return &Service{
		Account:   accounts,
		SignIn:    signin.New(u, accounts, syncs, invites),
		Directory: directory.New(u, o.Log),
		Insight:   insight.New(u),
		Tenant:    tenant.New(u),
		Invite:    invites,
		Sync:      syncs,
		Signing:   keys,
		Snapshots: snapshots.New(u, keys, snapshots.DefaultCache),
		Feed:      feed.New(u, feed.Options{Clients: feed.Defaults.Clients, Beat: cmp.Or(o.Heartbeat, feed.Defaults.Beat)}),
	}
}
