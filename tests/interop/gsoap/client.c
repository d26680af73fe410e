/* gSOAP with its WS-Security plugin as a client: client JOBS OWN.pem ISSUER.pem sha1|sha256 [HUB.pem].
   With HUB.pem it verifies by that key; else by the certificate in the answer, which the issuer must have issued. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/pem.h>
#include "wsseapi.h"
#include "MarketProcessesPollingSoapBinding.nsmap"

static char set[64] = "";

/* A request as this stack reads it, with the result set put in. */
static char *text_of(const char *file) {
  FILE *in = fopen(file, "rb");
  char *text = calloc(1, 100000), *mark;
  if (in == NULL || fread(text, 1, 90000, in) == 0) {
    exit(2);
  }
  fclose(in);
  while ((mark = strstr(text, "RESULT-SET")) != NULL) {
    char *rest = strdup(mark + strlen("RESULT-SET"));
    strcpy(mark, set);
    strcat(text, rest);
    free(rest);
  }
  return text;
}

static const char *group_of(struct soap *soap) {
  struct SOAP_ENV__Detail *detail = soap->fault == NULL ? NULL : soap->fault->detail;
  if (detail != NULL && detail->ns2__ElhubSOAPFault != NULL) {
    return soap__ns2__ElhubSOAPFault_CodeGroup2s(soap, detail->ns2__ElhubSOAPFault->CodeGroup);
  }
  return "without a detail";
}

static void called(struct soap *soap, const char *name, int failed, const char *outcome) {
  char words[300] = "";
  const char *verified = "verified";
  if (failed && (soap->fault == NULL || soap->error != SOAP_FAULT)) {
    soap_sprint_fault(soap, words, sizeof words);
    for (char *at = words; *at; at++) {
      *at = *at == '\n' || *at == '\t' ? ' ' : *at;
    }
    printf("%s\terror %s\t-\n", name, words);
    return;
  }
  if (soap_wsse_verify_body(soap) || soap_wsse_verify_Timestamp(soap)) {
    verified = "not verified: Body and Timestamp";
  }
  if (failed) {
    printf("%s\tfault %s\t%s\n", name, group_of(soap), verified);
  } else {
    printf("%s\t%s\t%s\n", name, outcome, verified);
  }
}

int main(int count, char **words) {
  FILE *file = fopen(words[2], "r"), *jobs = fopen(words[1], "r");
  char line[4000];
  int sha256 = count > 4 && strcmp(words[4], "sha256") == 0;
  if (file == NULL || jobs == NULL) {
    return 2;
  }
  EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
  rewind(file);
  X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
  fclose(file);
  EVP_PKEY *hub = NULL;
  if (count > 5 && (file = fopen(words[5], "r")) != NULL) {
    X509 *known = PEM_read_X509(file, NULL, NULL, NULL);
    hub = known == NULL ? NULL : X509_get_pubkey(known);
    fclose(file);
  }
  if (key == NULL || certificate == NULL || (count > 5 && hub == NULL)) {
    return 2;
  }
  while (fgets(line, sizeof line, jobs) != NULL) {
    char *name = strtok(line, "\t");
    char *service = strtok(NULL, "\t");
    char *address = strtok(NULL, "\t");
    char *action = strtok(NULL, "\t");
    strtok(NULL, "\t");
    char *text = text_of(strtok(NULL, "\n"));
    struct soap *soap = soap_new1(SOAP_XML_CANONICAL);
    const char *outcome = "empty";
    int failed = 0;
    (void)service;
    soap_register_plugin(soap, soap_wsse);
    soap->cafile = words[3];
    soap->recv_timeout = 20;
    soap->is = text;
    if (strcmp(action, "PollForData") == 0) {
      struct _ns1__PollForDataRequest request;
      struct _ns1__PollForDataResponse answer;
      memset(&answer, 0, sizeof answer);
      failed = soap_read__ns1__PollForDataRequest(soap, &request);
      soap->is = NULL;
      if (!failed) {
        soap_wsse_add_Timestamp(soap, "Time", 60);
        soap_wsse_add_BinarySecurityTokenX509(soap, "X509Token", certificate);
        soap_wsse_add_KeyInfo_SecurityTokenReferenceX509(soap, "#X509Token");
        soap_wsse_sign_body(soap, sha256 ? SOAP_SMD_SIGN_RSA_SHA256 : SOAP_SMD_SIGN_RSA_SHA1, key, 0);
        soap_wsse_verify_auto(soap, hub == NULL ? SOAP_SMD_NONE : SOAP_SMD_VRFY_RSA_SHA1, hub, 0);
        failed = soap_call___ns1__PollForData(soap, address, action, &request, &answer);
      }
      outcome = answer.Identification == NULL ? "nil" : "answer";
      if (answer.Identification != NULL) {
        snprintf(set, sizeof set, "%s", answer.Identification);
      }
    } else {
      struct _ns1__AcknowledgePollRequest request;
      struct __ns1__AcknowledgePollResponse answer;
      failed = soap_read__ns1__AcknowledgePollRequest(soap, &request);
      soap->is = NULL;
      if (!failed) {
        soap_wsse_add_Timestamp(soap, "Time", 60);
        soap_wsse_add_BinarySecurityTokenX509(soap, "X509Token", certificate);
        soap_wsse_add_KeyInfo_SecurityTokenReferenceX509(soap, "#X509Token");
        soap_wsse_sign_body(soap, sha256 ? SOAP_SMD_SIGN_RSA_SHA256 : SOAP_SMD_SIGN_RSA_SHA1, key, 0);
        soap_wsse_verify_auto(soap, hub == NULL ? SOAP_SMD_NONE : SOAP_SMD_VRFY_RSA_SHA1, hub, 0);
        failed = soap_call___ns1__AcknowledgePoll(soap, address, action, &request, &answer);
      }
    }
    called(soap, name, failed, outcome);
    soap_wsse_verify_done(soap);
    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
    free(text);
  }
  return 0;
}
