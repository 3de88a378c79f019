/* venturi: measures how networks learn.  This header only includes the rooms'.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_H
#define VENTURI_H

#include "venturi/base.h"
#include "venturi/rng.h"
#include "venturi/mat.h"
#include "venturi/value.h"
#include "venturi/kind.h"
#include "venturi/num.h"
#include "venturi/product.h"
#include "venturi/fft.h"
#include "venturi/multitaper.h"
#include "venturi/pairs.h"
#include "venturi/words.h"
#include "venturi/logistic.h"
#include "venturi/config.h"
#include "venturi/input.h"
#include "venturi/store.h"
#include "venturi/dataset.h"
#include "venturi/known.h"
#include "venturi/snapshot.h"
#include "venturi/model.h"
#include "venturi/train.h"
#include "venturi/probe.h"
#include "venturi/estimate.h"
#include "venturi/theory.h"
#include "venturi/measure.h"
#include "venturi/verdict.h"
#include "venturi/onset.h"
#include "venturi/report.h"
#include "venturi/run.h"
#include "venturi/validate.h"

#endif
