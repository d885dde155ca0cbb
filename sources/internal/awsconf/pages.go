package awsconf

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/aside-cli/aside/sources"
)

// Pages calls request with the token of each page, nil for the first, until it
// returns none. The operation is for the error about an endpoint that never
// comes to an end.
func Pages(operation string, request func(token *string) (next *string, err error)) error {
	seen := map[string]bool{}
	var token *string
	for {
		next, err := request(token)
		if err != nil || aws.ToString(next) == "" {
			return err
		}
		if seen[*next] {
			return SamePage(operation)
		}
		seen[*next] = true
		token = next
	}
}

// SamePage says that an operation gave a token that it gave before.
func SamePage(operation string) error {
	return sources.Hint(errors.New(operation+" gives the same page again and again"),
		"this is a fault of the endpoint: try again, and check endpoint under aws: in aside.yaml")
}
