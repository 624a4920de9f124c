package idpsync

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Use returns how much these providers are used, by their ids. Forbidden: the caller may not read the rules of the site.
func (s *Service) Use(ctx context.Context, subject *org.Actor, providers []string) (use map[string]org.ProviderUse, err error) {
	defer org.Wrap(&err, "read how much sign-in providers are used")
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if !subject.Can("read", settingsOf(uuid.Nil)) {
			return org.ErrForbidden("idpsync_settings:read")
		}
		rows, err := src.Q.CountProviderPeople(ctx)
		if err != nil {
			return err
		}
		use = map[string]org.ProviderUse{}
		for _, r := range rows {
			use[r.Provider] = org.ProviderUse{People: int(r.People)}
		}
		for _, id := range providers { // at most ten
			last, err := src.Q.GetLastLogin(ctx, id)
			if err != nil && !db.IsNotFound(err) {
				return err
			}
			use[id] = org.ProviderUse{People: use[id].People, LastLogin: last.Time}
		}
		return nil
	})
	return use, err
}
