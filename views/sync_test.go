package views

import (
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
)

// syncPages are the pages of what sign-in providers give.
func syncPages() map[string]templ.Component {
	okta := SignInProvider{ID: "okta", Name: hostile}
	states := []SyncProviderState{
		{SignInProvider: okta, Issuer: "https://okta.example", Ready: true},
		{SignInProvider: SignInProvider{ID: "google", Name: long, Down: now.Add(-time.Hour)}, Issuer: hostile, Trouble: "Nothing answers at its address."},
		{SignInProvider: SignInProvider{ID: "corp", Name: rtl}},
	}
	use := map[string]org.ProviderUse{"okta": {People: 1200, LastLogin: now}}
	status := org.SyncStatus{
		Held: []org.SyncSource{{Source: "oidc:okta", HeldAt: now, Reason: hostile}},
		Gone: []org.SyncSource{{Source: org.Source("oidc:" + hostile), People: 2, Records: 3}},
		Notices: []org.SyncNotice{
			{Source: "oidc:okta", Kind: string(org.HoldLastOwner), Username: hostile, At: now}, {Source: "oidc:okta", Kind: string(org.HoldLastAdmin), OrganizationName: hostile, At: now},
			{Source: "oidc:okta", Kind: string(org.ClaimTruncated), Username: long, Claim: hostile, At: now},
		},
	}
	form := SyncRulesForm{
		Provider: okta, Field: hostile, Rows: []SyncRow{{hostile, "gone"}, {"glob:eng-*", "auditor"}, {"", ""}}, Targets: []SyncChoice{{Value: "auditor", Label: hostile}},
		Stored: org.SyncRules{Kind: org.SyncRoles, Organization: acme, Field: "groups", Mapping: map[string][]string{"eng": {"auditor", hostile}}},
		Fields: []string{hostile}, Values: []string{hostile},
	}
	reviewed, refused, read, joining := form, form, form, form
	reviewed.Review = form.ReviewOf()
	lines := []org.SyncImpactLine{{Organization: acme.ID, OrganizationName: hostile, Role: "auditor", People: 12, Sample: []string{"ada", hostile}}, {Role: "owner", People: 1}}
	reviewed.Review.Impact = &org.SyncImpact{People: 12, Losses: lines, Gains: lines}
	refused.Err = &org.Error{Kind: org.Invalid, Message: hostile, Fields: []org.Field{
		{Field: "field", Detail: hostile}, {Field: SyncRowField(2), Detail: hostile}, {Field: org.SyncTarget("glob:eng-*", 0), Detail: hostile}, {Field: org.SyncKey(hostile), Detail: hostile},
	}}
	read.Refusal = "Needs idpsync_settings:update"
	joining.Stored = org.SyncRules{Kind: org.SyncOrganizations, Field: "groups", AssignDefault: true}
	joining.Review = joining.ReviewOf()
	step := org.SyncLine{Organization: acme.ID, OrganizationName: hostile, Role: "auditor", Rule: "roles:" + hostile, Change: org.SyncAdd}
	kept, ended := step, org.SyncLine{Role: "owner", Rule: "site-roles:x", Change: org.SyncEnd}
	kept.Change, kept.Role = org.SyncKept, ""
	outcome := &org.SyncForecast{
		States:        map[string]org.ClaimState{"groups": org.ClaimValues, hostile: org.ClaimTruncated, "a": org.ClaimAbsent, "b": org.ClaimEmpty},
		Organizations: []org.SyncLine{kept}, Roles: []org.SyncLine{step}, SiteRoles: []org.SyncLine{ended},
		Unmatched: append([]string{hostile, long}, make([]string, maxUnmatched)...), Held: []org.SyncHeld{{SyncLine: ended, Why: org.HoldLastOwner}},
	}
	return map[string]templ.Component{
		"sign-in":                 SyncPage(Sync{Providers: states, Status: status, Use: use, CanUpdate: true, Owner: true, Now: now}),
		"sign-in, end":            SyncPage(Sync{Providers: states, Status: status, Use: use, Owner: true, End: "oidc:" + hostile, Now: now, Err: refusal}),
		"sign-in, none":           SyncPage(Sync{Now: now}),
		"provider rules":          SyncProviderPage(SyncProvider{SyncProviderState: states[1], Forms: []SyncRulesForm{joining, reviewed}, Organizations: []org.SyncRules{form.Stored}, Try: SyncTry{Action: SyncTryURL(okta.ID), Claims: hostile, User: hostile}}),
		"provider, tried":         SyncProviderPage(SyncProvider{SyncProviderState: states[0], Forms: []SyncRulesForm{read}, Try: SyncTry{Action: SyncTryURL(okta.ID), Forecast: outcome}}),
		"provider, try refused":   SyncProviderPage(SyncProvider{SyncProviderState: states[2], Try: SyncTry{Action: SyncTryURL(okta.ID), Claims: hostile, Err: refusal, Forecast: &org.SyncForecast{}}}),
		"rules, refused":          OrganizationSyncPage(OrganizationSync{Organization: acme, Providers: []SignInProvider{okta, {ID: "b", Name: long}}, Form: refused}),
		"rules, to read":          OrganizationSyncPage(OrganizationSync{Organization: acme, Providers: []SignInProvider{okta}, Form: read}),
		"rules, without provider": OrganizationSyncPage(OrganizationSync{Organization: acme}),
	}
}

// TestReviewOf: what was entered is compared with what is stored, whatever the order.
func TestReviewOf(t *testing.T) {
	t.Parallel()
	f := SyncRulesForm{
		Stored: org.SyncRules{Kind: org.SyncOrganizations, Field: "groups", AssignDefault: true, Mapping: map[string][]string{"a": {"1", "2"}, "b": {"1"}}},
		Names:  map[string]string{"1": "acme"}, Field: "groups",
		Rows: []SyncRow{{"b", "acme"}, {"a", "acme"}, {"c", "2"}, {"c", "2"}, {"", ""}},
	}
	want := &SyncReview{Default: true, Added: []SyncRow{{"c", "2"}}, Removed: []SyncRow{{"a", "2"}}}
	if diff := cmp.Diff(want, f.ReviewOf()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
