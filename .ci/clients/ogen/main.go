// ogen calls a server with the client that ogen makes.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/ogen-go/ogen/ogenerrors"

	client "clients/gen/ogen"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// token signs requests in by the first of the two headers.
type token string

func (t token) SessionToken(context.Context, client.OperationName) (client.SessionToken, error) {
	return client.SessionToken{APIKey: string(t)}, nil
}

func (token) Bearer(context.Context, client.OperationName) (client.Bearer, error) {
	return client.Bearer{}, ogenerrors.ErrSkipClientSecurity
}

func run(ctx context.Context) error {
	c, err := client.NewClient(os.Getenv("ROLECALL_URL")+"/api/v2", token(os.Getenv("ROLECALL_TOKEN")))
	if err != nil {
		return err
	}
	members, err := c.ListMembers(ctx, client.ListMembersParams{Organization: "default", Limit: client.NewOptInt(5)})
	if err != nil {
		return err
	}
	if m, ok := members.(*client.ListMembersOKHeaders); !ok || len(m.Response) != 5 || m.Response[0].Username == "" {
		return fmt.Errorf("members: %#v", members)
	}
	checks := client.AuthCheckRequestChecks{"create": {Action: "create", Object: client.AuthCheckObject{ResourceType: "organization"}}}
	answers, err := c.CheckAuthorization(ctx, &client.AuthCheckRequest{Checks: checks}, client.CheckAuthorizationParams{})
	if err != nil {
		return err
	}
	if a, ok := answers.(*client.CheckAnswersHeaders); !ok || !a.Response.AdditionalProps["create"] {
		return fmt.Errorf("check: %#v", answers)
	}
	made, err := c.CreateToken(ctx, client.NewOptCreateTokenRequest(client.CreateTokenRequest{TokenName: client.NewOptString("ogen")}), client.CreateTokenParams{User: "me"})
	if err != nil {
		return err
	}
	if t, ok := made.(*client.CreateTokenCreatedHeaders); !ok || t.Response.Key == "" {
		return fmt.Errorf("token: %#v", made)
	}
	gone, err := c.ShowOrganization(ctx, client.ShowOrganizationParams{Organization: "gone"})
	if err != nil {
		return err
	}
	if e, ok := gone.(*client.NotFoundHeaders); !ok || e.Response.Message == "" {
		return fmt.Errorf("no such organization: %#v", gone)
	}
	return nil
}
