package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
)

// What clients of Coder's API ask first and cannot work without. What is constant here is also true.

// apiVersion is the version that Coder's clients see. They compare it with their own and warn at every command if the
// two differ, unless one contains v0.0.0, which means unknown to them.
func (o *Options) apiVersion() string {
	version, _, _ := strings.Cut(strings.TrimPrefix(o.Version, "v"), "+") // the commit of a build that is no release
	return "v0.0.0-rolecall." + version
}

func (s *Server) greet(*call) (reply, error) {
	return reply{json: client.Message{Message: "👋"}}, nil
}

func (s *Server) showBuild(c *call) (reply, error) {
	id, err := s.deployment(c)
	info := client.BuildInfo{
		Version: s.apiVersion(), RolecallVersion: s.Version, DashboardURL: cmp.Or(c.base(), c.asked()), DeploymentID: id,
		UpgradeMessage: "This server is rolecall " + strings.TrimPrefix(s.Version, "v") + ".",
	}
	if s.AccessURL != nil {
		info.ExternalURL = s.AccessURL.String()
	}
	return reply{json: info}, err
}

// asked returns the address that the request was sent to, according to the request itself.
func (c *call) asked() string {
	scheme := "http"
	if c.server.Secure {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: c.request().Host}).String()
}

// deployment returns the id of the data that this server works on, uuid.Nil before setup. Once set, it never changes.
func (s *Server) deployment(c *call) (uuid.UUID, error) {
	if id := s.deploymentID.Load(); id != nil {
		return *id, nil
	}
	id, err := s.insight.DeploymentID(c.ctx)
	if err == nil && id != uuid.Nil {
		s.deploymentID.Store(&id)
	}
	return id, err
}

// The features of Coder's API by name. A client in TypeScript wants them all; for one in Go those that are missing are off.
// template_rbac is missing because a client that plans to use it would find no groups here, in the middle of a change.
var (
	features = []string{"audit_log", "custom_roles", "multiple_organizations", "user_role_management", "service_accounts"}

	otherFeatures = []string{
		"user_limit", "connection_log", "browser_only", "template_rbac", "multiple_external_auth", "external_provisioner_daemons",
		"appearance", "advanced_template_scheduling", "workspace_proxy", "external_token_encryption", "workspace_batch_actions",
		"access_control", "control_shared_ports", "workspace_prebuilds", "managed_agent_limit", "workspace_external_agent",
		"scim", "high_availability",
	}
)

func (s *Server) showEntitlements(*call) (reply, error) {
	e := client.Entitlements{
		Features: map[string]client.Entitlement{}, Warnings: []string{}, Errors: []string{}, RefreshedAt: wireTime(s.started),
	}
	for _, name := range otherFeatures {
		e.Features[name] = client.Entitlement{Entitlement: "not_entitled"}
	}
	has := features
	if s.Replicas {
		has = append(has[:len(has):len(has)], "high_availability")
	}
	for _, name := range has {
		e.Features[name] = client.Entitlement{Entitlement: "entitled", Enabled: true}
	}
	return reply{json: e}, nil
}

func (s *Server) listExperiments(*call) (reply, error) { return reply{json: []string{}}, nil }

func (s *Server) listAvailableExperiments(*call) (reply, error) {
	return reply{json: client.Experiments{Safe: []string{}}}, nil
}

func (s *Server) showAppearance(*call) (reply, error) {
	return reply{json: client.Appearance{ApplicationName: "rolecall", AnnouncementBanners: []string{}, SupportLinks: []string{}}}, nil
}

// showAuthMethods describes one provider, since Coder's clients know only one: the one that also answers at their
// address, or else the first.
func (s *Server) showAuthMethods(*call) (reply, error) {
	m := client.AuthMethods{Password: client.AuthMethod{Enabled: s.account.PasswordPolicy() != org.PasswordsForNobody}}
	for i, p := range s.Providers.List() {
		if i == 0 || p.ID == s.Providers.ForCoder() {
			m.OIDC = client.OIDCAuth{AuthMethod: client.AuthMethod{Enabled: true}, SignInText: "Continue with " + p.Name}
		}
	}
	return reply{json: m}, nil
}

// validatePassword answers whether a password would be accepted. It counts as an attempt to sign in, so that it does
// not help to guess.
func (s *Server) validatePassword(c *call) (reply, error) {
	password, err := decode(c, func(o object) string {
		if o.fields["password"] == nil {
			o.addError("password", "must be given")
		}
		return o.text("password")
	}).Read()
	if err != nil {
		return reply{}, err
	}
	problem := org.PasswordProblem(password, "", "")
	return reply{json: client.PasswordCheck{Valid: problem == "", Details: problem}}, nil
}

func (s *Server) listScopes(c *call) (reply, error) {
	names, err := s.account.Scopes(c.ctx)
	return reply{json: client.Scopes{External: names}}, err
}

func (s *Server) showLoginType(c *call) (reply, error) {
	loginType, err := s.account.LoginType(c.ctx, c.actor, c.user())
	return reply{json: client.LoginTypeResponse{LoginType: loginType}}, err
}

func (s *Server) showUserOrganization(c *call) (reply, error) {
	o, err := s.account.UserOrganization(c.ctx, c.actor, c.user(), c.organization())
	return reply{json: wireOrganization(&o)}, err
}

// warnOfEnd says when the token of the request ends, if that is soon.
func (s *Server) warnOfEnd(c *call) {
	if end := c.actor.TokenEnds; !end.IsZero() && end.Sub(s.Now()) <= org.EndingNotice {
		c.header(headerTokenExpires, wireTime(end).Format(time.RFC3339))
	}
}

const headerTokenExpires = "X-Rolecall-Token-Expires" //nolint:gosec // the name of a header

// createKey makes a key for a command line. It sets no cookie.
func (s *Server) createKey(c *call) (reply, error) {
	key, err := s.account.CreateKey(c.ctx, c.actor, c.user())
	return reply{
		status: http.StatusCreated, made: keyPath(c.user(), key), json: client.CreateTokenResponse{Key: key}, noStore: true,
	}, err
}

func (s *Server) showKey(c *call) (reply, error) {
	t, err := s.account.Key(c.ctx, c.actor, c.user(), c.param("id"))
	return reply{json: wireToken(&t)}, err
}

func (s *Server) showTokenNamed(c *call) (reply, error) {
	t, err := s.account.TokenNamed(c.ctx, c.actor, c.user(), c.param("name"))
	return reply{json: wireToken(&t)}, err
}

func (s *Server) expireKey(c *call) (reply, error) {
	return reply{status: http.StatusNoContent}, s.account.ExpireKey(c.ctx, c.actor, c.user(), c.param("id"))
}

func (s *Server) showTokenConfig(c *call) (reply, error) {
	longest, err := s.account.MaxTokenLifetime(c.ctx, c.actor, c.user())
	return reply{json: client.TokenConfig{MaxTokenLifetime: longest}}, err
}
