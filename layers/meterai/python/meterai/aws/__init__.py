"""Ports kept in DynamoDB, S3, KMS, SQS and Step Functions."""
