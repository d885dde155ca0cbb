package awsconf

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// answered tells what the error code of an answer means. The codes are those
// of https://docs.aws.amazon.com/general/latest/gr/api-retries.html, of each
// service's common errors, and of STS.
func (e *Error) answered(err error, api smithy.APIError, service, operation, host string) {
	code, said := api.ErrorCode(), oneLine(api.ErrorMessage())
	switch code {
	case "AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "ForbiddenException":
		e.denied(service, operation, said)
		return
	case "ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "UnauthorizedException", "InvalidGrantException":
		e.signIn = true
		e.message = "the AWS credentials have expired (" + code + ")"
		e.hint = "sign in again, for example with aws sso login, or renew AWS_SESSION_TOKEN"
		return
	case "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture":
		e.skewed(code)
		return
	case "InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidClientTokenId",
		"InvalidAccessKeyId", "InvalidToken", "IncompleteSignature", "MissingAuthenticationToken", "AuthFailure",
		"NotAuthorized", "OptInRequired":
		if strings.Contains(said, "expired") || strings.Contains(said, "not yet current") {
			e.skewed(code)
			return
		}
		e.signIn = true
		e.message = "AWS does not accept the credentials (" + code + ")"
		e.hint = "check which ones are used with aws sts get-caller-identity, and that the region is enabled for the account"
		return
	case "DecryptionFailure", "EncryptionFailure", "KMSAccessDeniedException", "KMSInvalidStateException",
		"InvalidKeyId", "DisabledException", "KMSDisabledException", "KMSNotFoundException":
		if code == "KMSAccessDeniedException" {
			e.denied(service, operation, said)
			return
		}
		e.message = "the KMS key cannot be used (" + code + ")"
		e.hint = "check that the key exists, is enabled, and lets you use it"
		return
	}

	var response *smithyhttp.ResponseError
	switch {
	case throttled(err):
		e.message = "AWS throttled " + service + ":" + operation + " (" + code + ")"
		e.hint = "try again in a while, or ask less often with --poll"
	case code == "InternalServiceError", code == "InternalFailure", code == "InternalServerError",
		errors.As(err, &response) && response.HTTPStatusCode() >= 500:
		e.broken(host, code)
	default:
		e.message = service + ":" + operation + " failed: " + code
		if said != "" && !carriesValue(operation) {
			e.message += ": " + said
		}
	}
}

// denied tells which permission is missing.
func (e *Error) denied(service, operation, said string) {
	e.Permission = service + ":" + operation
	_, action, ok := strings.Cut(said, "not authorized to perform: ")
	switch {
	case ok:
		e.Permission, _, _ = strings.Cut(action, " ")
	case strings.Contains(said, "KMS"), strings.Contains(said, "ciphertext"):
		e.Permission = "kms:Decrypt"
		if carriesValue(operation) {
			e.Permission = "kms:GenerateDataKey"
		}
	}
	e.message = "access denied: " + e.Permission + " is not allowed"
	if who, _, ok := strings.Cut(said, " is not authorized"); ok {
		e.message += " for " + strings.TrimPrefix(who, "User: ")
	}
	e.hint = "allow " + e.Permission + " in the IAM policy"
	if strings.HasPrefix(e.Permission, "kms:") {
		e.hint = "allow " + e.Permission + " in the IAM policy and in the policy of the KMS key"
	}
}

func (e *Error) skewed(code string) {
	e.message = "AWS refused the request because of its time (" + code + ")"
	e.hint = "set this machine's clock"
}

// asked returns the IAM prefix of the service and the name of the operation
// that failed: the innermost one, which may be a sign-in.
func asked(err error) (service, operation string) {
	for {
		var o *smithy.OperationError
		if !errors.As(err, &o) {
			return service, operation
		}
		service = strings.ToLower(strings.ReplaceAll(o.ServiceID, " ", ""))
		operation = o.OperationName
		err = o.Err
	}
}

// carriesValue reports whether a request of the operation holds a secret,
// which the service's own words might then repeat.
func carriesValue(operation string) bool {
	return strings.HasPrefix(operation, "Put") || strings.HasPrefix(operation, "Create")
}
