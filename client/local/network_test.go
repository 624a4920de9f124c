package local_test

import (
	"testing"
	"time"

	"rolecall.example/client/local"
	"rolecall.example/db/dbtest"
	"rolecall.example/web/webtest"
)

// read is a permission of the default catalog that an organization-auditor has, and a plain member does not.
const read = local.Pair("audit_log:read")

// TestCutLines: whatever happens to the line, or to the line between the server and its database, a role that is taken away
// meanwhile counts for no longer than MaxStaleness, and afterwards the engine recovers.
func TestCutLines(t *testing.T) {
	t.Parallel()
	cuts := map[string]func(b *backend, database *line){
		"closed":                 func(b *backend, _ *line) { b.line.sever() },
		"held":                   func(b *backend, _ *line) { b.line.hold() },
		"without its database":   func(_ *backend, database *line) { database.sever() },
		"its database is silent": func(_ *backend, database *line) { database.hold() },
	}
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t)
			writer := serve(t, s)
			var database *line
			b := writer
			if len(name) > 6 { // only a server on the network has a line to its database
				dbtest.ServerOnly(t)
				var far *webtest.Site
				far, database = farReplica(t, s)
				b = serve(t, far)
			}
			clock := local.NewSkewed()
			e := b.engine(t, local.Options{}.By(clock))
			who, where := b.ID(webtest.Member), b.place(webtest.Default)
			writer.give(t, webtest.Default, webtest.Member, "organization-auditor")
			eventually(t, "the role counts", func() bool { return e.Check(who, where, read).Allowed })
			eventually(t, "the engine decides", func() bool { return e.Check(who, where, read).Reason == local.Decided })
			cut(b, database)
			writer.give(t, webtest.Default, webtest.Member)
			clock.Jump(31 * time.Second)
			if d := e.Check(who, where, read); d.Allowed {
				t.Errorf("31 seconds after the cut: %+v", d)
			}
			eventually(t, "the engine says that it is stale", func() bool { return e.Stats().Status == local.Stale })
			b.line.release()
			if database != nil {
				database.release()
			}
			eventually(t, "the engine is fresh again", func() bool {
				clock.Jump(50 * time.Millisecond) // what waits for seconds need not
				return e.Stats().Status == local.Fresh && e.Check(who, where, read).Reason == local.Decided
			})
			if e.Check(who, where, read).Allowed {
				t.Error("it does not know what happened meanwhile")
			}
			writer.give(t, webtest.Default, webtest.Member, "organization-auditor")
			eventually(t, "news come again", func() bool { return e.Check(who, where, read).Allowed })
		})
	}
}

// TestDelayedLine: an engine that may be eight seconds stale does not decide by a line that is ten seconds late.
func TestDelayedLine(t *testing.T) {
	t.Parallel()
	b := serve(t, webtest.New(t))
	clock := local.NewSkewed()
	e := b.engine(t, local.Options{MaxStaleness: 8 * time.Second, Organizations: local.Organizations{webtest.Default}}.By(clock))
	who, where := b.ID(webtest.Member), b.place(webtest.Default)
	b.give(t, webtest.Default, webtest.Member, "organization-auditor")
	eventually(t, "the role counts", func() bool { return e.Check(who, where, read).Allowed })
	b.line.hold()
	b.give(t, webtest.Default, webtest.Member)
	clock.Jump(10 * time.Second)
	if d := e.Check(who, where, read); d.Allowed {
		t.Errorf("ten seconds late: %+v", d)
	}
	b.line.release()
	eventually(t, "it is fresh", func() bool { return e.Check(who, where, read).Reason == local.Decided })
	eventually(t, "the change is known", func() bool { return !e.Check(who, where, read).Allowed })
}
