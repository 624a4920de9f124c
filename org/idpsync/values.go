package idpsync

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// How many identities are searched, latest first, how many are read at once, and how many texts are returned.
const (
	maxIdentities = 10_000
	fewIdentities = 500
	maxTexts      = 10_000
)

// Fields returns the names of the claims that a provider has made about people, sorted: about all, or the members of an
// organization. NotFound: no such organization. Forbidden: needs idpsync_settings:read there. Invalid: the provider.
func (s *Service) Fields(ctx context.Context, subject *org.Actor, organization string, provider org.Input[*org.Provider]) (fields []string, err error) {
	defer org.Wrap(&err, "list claims")
	return s.texts(ctx, subject, organization, provider, func(_ *org.Provider, claims map[string]any) []string {
		return slices.Collect(maps.Keys(claims))
	})
}

// Values returns what a claim holds, sorted. Errors as Fields.
func (s *Service) Values(ctx context.Context, subject *org.Actor, organization string, provider org.Input[*org.Provider], field string) (values []string, err error) {
	defer org.Wrap(&err, "list values of the claim %q", field)
	return s.texts(ctx, subject, organization, provider, func(p *org.Provider, claims map[string]any) []string {
		values, _ := lookUp(p, claims, field)
		return values
	})
}

// texts collects something from the claims of each identity.
func (s *Service) texts(ctx context.Context, subject *org.Actor, organization string, provider org.Input[*org.Provider],
	of func(*org.Provider, map[string]any) []string,
) (list []string, err error) {
	in := org.SyncPlace{Kind: org.SyncOrganizations}
	if organization != "" {
		in = org.SyncPlace{Kind: org.SyncRoles, Organization: organization}
	}
	// Each is kept once: thousands of people share the same few groups.
	found := map[string]bool{}
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		where, err := placeFor(ctx, src, subject, "read", in)
		if err != nil {
			return err
		}
		p, err := provider.Read()
		if err != nil {
			return err
		}
		return eachClaims(ctx, src, where, p.ID, func(claims map[string]any) bool {
			for _, text := range of(p, claims) {
				found[text] = true
			}
			return len(found) < maxTexts
		})
	})
	list = slices.Sorted(maps.Keys(found))
	return list[:min(len(list), maxTexts)], err
}

// eachClaims walks the claims of the latest identities, in batches, until each says to stop.
func eachClaims(ctx context.Context, src unit.Reader, in place, provider string, each func(map[string]any) bool) error {
	for skip := int64(0); skip < maxIdentities; skip += fewIdentities {
		texts, err := someClaims(ctx, src, in, provider, skip)
		if err != nil {
			return err
		}
		for _, text := range texts {
			if !each(ParseClaims(text)) {
				return nil
			}
		}
		if len(texts) < fewIdentities {
			return nil
		}
	}
	return nil
}

func someClaims(ctx context.Context, src unit.Reader, in place, provider string, skip int64) ([]string, error) {
	if in.kind == org.SyncRoles {
		return src.Q.ListClaimsOfMembers(ctx, db.ListClaimsOfMembersParams{
			OrganizationID: in.organization.ID, Now: unit.NullTime(src.When), Provider: provider, MaxRows: fewIdentities, Skip: skip,
		})
	}
	rows, err := src.Q.ListClaims(ctx, db.ListClaimsParams{Provider: provider, MaxRows: fewIdentities, Skip: skip})
	texts := make([]string, len(rows))
	for i := range rows {
		texts[i] = rows[i].Claims
	}
	return texts, err
}

// ParseClaims reads claims as stored: an object or, if they were too long to keep, only the names, with null values.
func ParseClaims(text string) map[string]any {
	claims := map[string]any{}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber() // the number of a group must not be rounded
	if d.Decode(&claims) == nil && claims != nil {
		return claims
	}
	var names []string
	claims = map[string]any{}
	if json.Unmarshal([]byte(text), &names) == nil {
		for _, name := range names {
			claims[name] = nil
		}
	}
	return claims
}

// Claims returns what a provider said about the caller at the last sign-in; of any provider if provider is "". Invalid: the
// caller has not signed in with it.
func (s *Service) Claims(ctx context.Context, subject *org.Actor, provider string) (_ map[string]any, err error) {
	defer org.Wrap(&err, "read the claims of the caller")
	// Reading one's own claims needs no permission.
	rows, err := s.units.DB.ListClaimsOfUser(ctx, subject.ID())
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if provider == "" || r.Provider == provider {
			return ParseClaims(r.Claims), nil
		}
	}
	return nil, org.ErrInvalid("User is not an OIDC user.", "")
}
