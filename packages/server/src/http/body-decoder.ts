import { createHash, type Hash } from 'node:crypto'

import { ChunkedDecoder, ChunkedError, type PayloadMode } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { IncomingRequest } from './incoming.ts'
import type { RequestBody } from './request-body.ts'
