// Package parameters is what the stores in the Parameter Store of AWS Systems
// Manager share.
package parameters

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

// The longest values of each tier, in bytes. The advanced one is paid for.
const (
	StandardSize = 4096
	AdvancedSize = 8192
)

const (
	readSize = 10 // what AWS gives in one answer with values
	listSize = 50 // and without

	// writers is how many parameters are written at a time. AWS allows 3 writes a second.
	writers = 3
)

// A Client asks Parameter Store within a session's limits. Its own methods
// return errors without the parameter's name.
type Client struct {
	*ssm.Client
	Session *awsconf.Session
}

// NewClient returns a Client with credentials. It is cheap once the session's
// first one was made: they share its connections.
func NewClient(ctx context.Context, s *awsconf.Session) (Client, error) {
	cfg, err := s.Config(ctx)
	if err != nil {
		return Client{}, err
	}
	return Client{ssm.NewFromConfig(cfg), s}, nil
}

// Below returns the parameters below path, decrypted if values are wanted: one
// request for every 10, and one that finds no more.
func (c Client) Below(ctx context.Context, path string, recursive, values bool) (all []types.Parameter, err error) {
	err = awsconf.Pages("ssm:GetParametersByPath", func(token *string) (*string, error) {
		out, err := awsconf.Call(ctx, c.Session, c.GetParametersByPath, &ssm.GetParametersByPathInput{
			Path: &path, Recursive: &recursive, WithDecryption: &values, MaxResults: aws.Int32(readSize), NextToken: token,
		})
		if err != nil {
			return nil, err
		}
		all = append(all, out.Parameters...)
		return out.NextToken, nil
	})
	return all, err
}

// Delete removes a parameter and its history. The error wraps
// [sources.ErrNotFound] where there is none.
func (c Client) Delete(ctx context.Context, name string) error {
	_, err := awsconf.Call(ctx, c.Session, c.DeleteParameter, &ssm.DeleteParameterInput{Name: &name})
	return orNotFound(err)
}

// CheckValue returns an error if Parameter Store would not take the value.
func CheckValue(name string, value sources.Secret) error {
	switch size := value.Len(); {
	case size == 0:
		return sources.Hint(fmt.Errorf("%s cannot be set to the empty string: Parameter Store keeps none", name),
			"set it in aside.yaml's parameters or in a .env file, or remove it")
	case !utf8.ValidString(value.Reveal()): // JSON would carry something else
		return sources.Hint(fmt.Errorf("%s is not valid UTF-8: Parameter Store cannot keep it", name),
			"encode it first, with base64 for example")
	case size > AdvancedSize:
		return sources.Hint(fmt.Errorf("%s is %d bytes long: Parameter Store holds at most %d", name, size, AdvancedSize),
			"keep it elsewhere, in Secrets Manager for example, and store where it is")
	}
	return nil
}

// WriteAll calls write for 0 to n-1, several at a time, and begins with no more
// after one has failed. The error tells how many were set.
func WriteAll(ctx context.Context, n int, write func(ctx context.Context, i int) error) error {
	var done atomic.Int64
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := range n {
		group.Go(func() error {
			if err := write(limited, i); err != nil {
				return err
			}
			done.Add(1)
			return nil
		})
	}
	err := group.Wait()
	if err != nil && n > 1 {
		err = fmt.Errorf("%w (%d of %d were set)", err, done.Load(), n)
	}
	return err
}

// Code returns the error code of AWS's answer, or "".
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func orNotFound(err error) error {
	var missing *types.ParameterNotFound
	if errors.As(err, &missing) {
		return sources.ErrNotFound
	}
	return err
}
