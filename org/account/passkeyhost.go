package account

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// A browser offers a passkey only at the host where it was made. Once people reach the server at another host, it is useless.

// PasskeysElsewhere counts the passkeys that were made for another host.
func (s *Service) PasskeysElsewhere(ctx context.Context, host string) (_ int64, err error) {
	defer org.Wrap(&err, "count passkeys of other hosts")
	return s.units.DB.CountPasskeysElsewhere(ctx, strings.ToLower(host))
}

// forgottenAtOnce is how many accounts lose their passkeys in one transaction.
const forgottenAtOnce = 200

// ForgetPasskeys deletes the passkeys that were made for another host, and returns how many accounts had one.
func (s *Service) ForgetPasskeys(ctx context.Context, host string) (accounts int, err error) {
	defer org.Wrap(&err, "forget passkeys")
	for {
		n, _, err := unit.Do(ctx, s.units, s.Operator(), unit.OnSite, "delete", strings.ToLower(host), planForget, applyForget)
		if accounts += n; err != nil || n < forgottenAtOnce {
			return accounts, err
		}
	}
}

// forgetting lists the accounts whose passkeys are deleted.
type forgetting struct {
	host  string
	users []db.ListPasskeysElsewhereRow
}

func planForget(ctx context.Context, a *unit.Attempt, host string) (f forgetting, err error) {
	a.Aside()
	f.host = host
	f.users, err = a.Q.ListPasskeysElsewhere(ctx, db.ListPasskeysElsewhereParams{Host: host, MaxRows: forgottenAtOnce})
	return f, err
}

func applyForget(ctx context.Context, w *unit.Writer, f forgetting) (int, error) {
	for _, u := range f.users {
		w.Begin("delete", 200)
		w.About("mfa", u.UserID, u.Username, uuid.Nil)
		w.Secret("passkeys")
		if err := w.W.DeletePasskeysElsewhere(ctx, db.DeletePasskeysElsewhereParams{UserID: u.UserID, Host: f.host}); err != nil {
			return 0, err
		}
		if err := w.Notify(ctx, u.UserID, u.Email, org.Notice{Kind: org.NoticePasskeysForgotten, At: w.Now}); err != nil {
			return 0, err
		}
		if err := w.Record(ctx); err != nil {
			return 0, err
		}
	}
	return len(f.users), nil
}
