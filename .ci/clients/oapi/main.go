// oapi calls a server with the client that oapi-codegen makes.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	client "clients/gen/oapi"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	c, err := client.NewClientWithResponses(os.Getenv("ROLECALL_URL")+"/api/v2", client.WithRequestEditorFn(
		func(_ context.Context, r *http.Request) error {
			r.Header.Set("Coder-Session-Token", os.Getenv("ROLECALL_TOKEN"))
			return nil
		}))
	if err != nil {
		return err
	}
	limit := 5
	members, err := c.ListMembersWithResponse(ctx, "default", &client.ListMembersParams{Limit: &limit})
	if err != nil {
		return err
	}
	if members.JSON200 == nil || len(*members.JSON200) != limit || (*members.JSON200)[0].Username == "" {
		return fmt.Errorf("members: %d %s", members.StatusCode(), members.Body)
	}
	checks := map[string]client.AuthCheck{"create": {Action: "create", Object: client.AuthCheckObject{ResourceType: "organization"}}}
	answers, err := c.CheckAuthorizationWithResponse(ctx, nil, client.AuthCheckRequest{Checks: checks})
	if err != nil {
		return err
	}
	if answers.JSON200 == nil || !answers.JSON200.AdditionalProperties["create"] {
		return fmt.Errorf("check: %d %s", answers.StatusCode(), answers.Body)
	}
	name := "oapi"
	token, err := c.CreateTokenWithResponse(ctx, "me", nil, client.CreateTokenRequest{TokenName: &name})
	if err != nil {
		return err
	}
	if token.JSON201 == nil || token.JSON201.Key == "" {
		return fmt.Errorf("token: %d %s", token.StatusCode(), token.Body)
	}
	gone, err := c.ShowOrganizationWithResponse(ctx, "gone")
	if err != nil {
		return err
	}
	if gone.JSON404 == nil || gone.JSON404.Message == "" {
		return fmt.Errorf("no such organization: %d %s", gone.StatusCode(), gone.Body)
	}
	return nil
}
